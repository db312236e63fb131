"""Find out whether other modules take part in how mail is built and sent."""

# These extend the ways to send without touching a Mailjet server's; for the sake of any
# other module that does, mail goes core's way
KNOWN_MODULES = {
    *("base", "mail", "mass_mailing", "mail_mailjet", None),
    *("google_gmail", "microsoft_outlook"),
}


def foreign_modules(*places):
    """Return the modules that extend these methods, other than those known.

    :param places: pairs of a model and the name of a method
    """
    return {
        cls._module
        for model, method in places
        for cls in type(model).mro()
        if method in vars(cls)
    } - KNOWN_MODULES
