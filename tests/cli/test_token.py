"""`estuary token` prints a token and nothing else."""

import jwt

from tests.cli.conftest import SECRET, Cli

SUBJECT = "01890a5d-ac96-774b-bcce-b302099a8057"


def test_only_the_token_goes_to_stdout(estuary: Cli) -> None:
    arguments = ("--sub", SUBJECT, "--role", "client", "--role", "admin", "--ttl", "2h")
    done = estuary("token", *arguments, JWT_SECRET=SECRET)
    claims = jwt.decode(
        done.out.removesuffix("\n"), SECRET, algorithms=["HS256"], audience="estuary", issuer="estuary"
    )

    assert (0, "") == (done.status, done.err)
    assert (SUBJECT, ["client", "admin"], 7200) == (
        claims["sub"],
        claims["roles"],
        claims["exp"] - claims["iat"],
    )


def test_a_warning_goes_to_stderr(estuary: Cli) -> None:
    done = estuary("token", "--sub", SUBJECT, "--role", "client", "--ttl", "90d", JWT_SECRET=SECRET)

    assert 0 == done.status
    assert "warning: nobody can revoke this token for 90 days\n" == done.err
    assert 2 == done.out.count(".")


def test_there_is_no_token_without_a_secret(estuary: Cli) -> None:
    done = estuary("token", "--sub", SUBJECT, "--role", "client")

    assert 2 == done.status
    assert done.refusal.startswith("ESTUARY_JWT_SECRET: is not set")
