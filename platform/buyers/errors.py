"""What buyers may be refused."""

from kernel.errors import Problem, said


class WrongCode(Problem):
    """The code is not the one that was mailed."""

    code, status, title = "buyers.wrong_code", 403, said("That is not the code that we mailed.")
    advice = said("Look at the latest mail and try again.")


class CodeGone(Problem):
    """Too old, tried too often, used, or replaced by a later one."""

    code, status, title = "buyers.code_gone", 410, said("This code no longer works.")
    advice = said("Ask for a new one: only the latest code works, for ten minutes and five tries.")


class NotMailed(Problem):
    """The mail server took no mail."""

    code, status, title = "buyers.not_mailed", 503, said("The mail could not be sent.")
    advice = said("Nothing was changed. Please try again in a minute.")


class AddressTaken(Problem):
    """Somebody signs in with that address already; told only to who has shown that it is theirs."""

    code, status, title = "buyers.address_taken", 409, said("This address has an account of its own.")
    advice = said("Nothing was changed. Sign in with that address, or delete its account first.")


class UnknownKind(Problem):
    """No such text was declared: a mistake of the program."""

    code, status, title = "buyers.unknown_kind", 500, said("There is no text of this kind to agree to.")
