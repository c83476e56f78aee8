"""How mail leaves: from the queue, once what it tells of is kept, by ``send`` alone."""

from django.core.mail import send_mail
from django.template.loader import render_to_string


def send(address, template, context):
    """Write to ``address`` what ``template`` says: its first line is the subject. For jobs alone."""
    subject, _, message = render_to_string(template, context).partition("\n")
    send_mail(subject, f"{message.strip()}\n", None, [address])
