"""Jobs of a portal that runs embedded: in the process that serves, there is no worker."""

from concurrent.futures import ThreadPoolExecutor

from django.db import close_old_connections
from django_tasks.backends.immediate import ImmediateBackend

BESIDE = ThreadPoolExecutor(max_workers=1, thread_name_prefix="jobs")
"""One thread, started with the first job; the process waits for it before it ends."""


class EmbeddedBackend(ImmediateBackend):
    """Do each job at once; one that should not be waited for, which its priority says, beside the request.

    How long an answer takes then says nothing of what was done after it.
    """

    def _execute_task(self, task_result):
        if task_result.task.priority > 0:
            BESIDE.submit(self._beside, task_result)
        else:
            super()._execute_task(task_result)

    def _beside(self, task_result):
        super()._execute_task(task_result)
        close_old_connections()
