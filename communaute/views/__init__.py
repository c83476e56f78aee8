"""Members' pages. Every object starts from ``readable_by``: what is not readable is not found.

Visitors never come here: ``MembersOnlyMiddleware`` sends them to sign-in.
"""
