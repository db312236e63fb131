"""Run templates so that nothing they do lasts."""

from contextlib import contextmanager

from odoo.exceptions import UserError

from odoo.addons.base.models.ir_qweb import QWebError

LONGEST_CAUSE = 300


@contextmanager
def kept_open(env):
    """Refuse to end the transaction, and drop what a template adds to its end.

    A template may call any public method. If it committed, the mails that only a check
    has made would be sent. What runs after a commit, such as sending a posted message,
    must not run for records that are rolled back.
    """
    cr = env.cr

    def refuse():
        raise UserError(env._("A template must not end the database transaction."))

    # There is no public way to drop only the new ones
    functions, data = list(cr.postcommit._funcs), dict(cr.postcommit.data)
    own = {name: vars(cr)[name] for name in ("commit", "rollback") if name in vars(cr)}
    cr.commit = cr.rollback = refuse
    try:
        yield
    finally:
        del cr.commit, cr.rollback
        vars(cr).update(own)
        cr.postcommit.clear()
        cr.postcommit.data.update(data)
        for function in functions:
            cr.postcommit.add(function)


def cause_of(error):
    """Return in a line why a template fails.

    Core's own text holds the whole template and the paths of the server's files.
    """
    element = ""
    while error.__cause__ is not None:
        if isinstance(error, QWebError):
            element = error.qweb.element or ""
        error = error.__cause__
    text = " ".join(str(error).split()) or type(error).__name__
    if element:
        text = f"{text}: {' '.join(element.split())}"
    return text[:LONGEST_CAUSE]
