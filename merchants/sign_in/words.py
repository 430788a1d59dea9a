"""allauth's words that we say in Chinese ourselves, where its own Chinese misleads.

Django looks into our catalogue before allauth's; it holds what our code says, and so these stand here.
"""

from kernel.errors import said

WORDS = (
    said("Authenticator code"),
    said("Code"),
    said("Email"),
    said("Email address"),
    said("Incorrect code."),
    said("Incorrect password."),
    said("New Password (again)"),
    said("Please type your current password."),
    said("The email address and/or password you specified are not correct."),
    said("The password reset token was invalid."),
    said("Too many failed login attempts. Try again later."),
    said("You must type the same password each time."),
)
