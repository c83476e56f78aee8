"""How mail leaves: from the queue, once what it tells of is kept, by ``send`` alone."""

from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string


def send(address, template, context, *, html=None, headers=None):
    """Write to ``address`` what ``template`` says: its first line is the subject. For jobs alone.

    ``html`` is the template of the same in HTML, where there is one. Raises what the mail server answers.
    """
    subject, _, message = render_to_string(template, context).partition("\n")
    mail = EmailMultiAlternatives(subject, f"{message.strip()}\n", None, [address], headers=headers)
    if html:
        mail.attach_alternative(render_to_string(html, context), "text/html")
    mail.send()
