"""What is secret is replaced wherever it occurs, however it is spelled, and nothing else is."""

from __future__ import annotations

import base64
import html
import json
import re
import shlex
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nox_cleanroom import redaction
from nox_cleanroom.redaction import redact


@pytest.fixture(autouse=True)
def _nothing_known() -> Iterator[None]:
    redaction.forget()
    yield
    redaction.forget()


URLS = {
    "https://me:s3cret@index.example/simple": "https://***@index.example/simple",
    "--index-url=https://s3cret@x.example/": "--index-url=https://***@x.example/",
    "git+ssh://git@host/x": "git+ssh://***@host/x",
    "https://me:p@s3cret@host.example/": "https://***@host.example/",
    "https://me:p/s3cret@host.example/simple": "https://***@host.example/simple",
    "https://me:p@x/s3cret@host.example/": "https://***@host.example/",
    "https://me:12/s3cret@host.example/": "https://***@host.example/",
    "https://s3c/ret@host.example/": "https://***@host.example/",
    "//me:s3cret@h": "//***@h",
    "'https://me:p\"s3cret@host.example/'": "'https://***@host.example/'",
    "https://host.example/a?token=s3cret&x=1": "https://host.example/a?token=***&x=***",
    "https://host.example/#access_token=s3cret&b=1": "https://host.example/#access_token=***&b=1",
    '["https://a:s3cret@h.example","https://b:s3cret@h.example"]': '["https://***@h.example","https://***@h.example"]',
    "https://h.example/?next=https://me:s3cret@z.example/": "https://h.example/?next=https://***@z.example/",
    "http://[bad:s3cret@h/": "http://***@h/",
    "postgres://u:s3cret@localhost/db": "postgres://***@localhost/db",
}

UNTOUCHED = [
    "mail@example.org",
    "https://example.org/@scope/x",
    "git+https://example.org/x/y@v1.0#egg=y",
    "demo @ file:///tmp/@x/demo-1.0.whl#sha256=0123",
    "// a comment about me@example.org",
    "https://example.org/x#L12",
]


@pytest.mark.parametrize(("text", "shown"), URLS.items())
def test_credentials_of_urls_are_struck_out(text: str, shown: str) -> None:
    assert redact(text) == shown


@pytest.mark.parametrize("text", UNTOUCHED)
def test_what_is_no_credential_stays(text: str) -> None:
    assert redact(text) == text


NAMES = {
    "POETRY_PYPI_TOKEN_PYPI": True,
    "HATCH_INDEX_AUTH": True,
    "PDM_PUBLISH_PASSWORD": True,
    "POETRY_HTTP_BASIC_FOO_PASSWORD": True,
    "GITHUBTOKEN": True,
    "aws_secret_access_key": True,
    "DEPLOY_KEY": True,
    "NPM_CONFIG__AUTH": True,
    "SSH_AUTH_SOCK": False,
    "GIT_AUTHOR_NAME": False,
    "GIT_CONFIG_KEY_0": False,
    "DB_PASSWORD_FILE": False,
    "POETRY_HTTP_BASIC_FOO_USERNAME": False,
    "GPG_KEY_ID": False,
    "PATH": False,
    "COMPASS": False,
    "OLDPWD": False,
}


@pytest.mark.parametrize(("name", "secret"), NAMES.items())
def test_names_say_what_is_secret(name: str, *, secret: bool) -> None:
    assert redaction.says_secret(name) is secret


VARIABLES = {
    "MY_TOKEN": "s3cret",
    "CIBW_ENVIRONMENT": "FAST=1 UPLOAD_PASSWORD='s3cret' X=2",
    "PIP_EXTRA_INDEX_URL": "https://a.example/ https://me:s3cret@b.example/",
    "UV_INDEX": "private=https://s3cret@b.example/simple",
    "HTTPS_PROXY": "me:s3cret@proxy:8080",
    "DATABASE_URL": "postgres://u:s3cret@h/db",
    "SIGNED": "https://a.example/x?X-Amz-Signature=s3cret",
    "SETTINGS": '{"a": [{"password": "s3cret"}]}',
    "GIT_CONFIG_VALUE_0": "AUTHORIZATION: basic s3cret",
    "CONNECTION": "Server=x;Password=s3cret;Database=y",
    "ARGUMENTS": "--verbose --password s3cret --fast",
    "CURL": "curl -u me:s3cret",
    "CONFIG": "user: me\ntoken: s3cret\n",
    "STORAGE": "DefaultEndpointsProtocol=https;AccountKey=s3cret;Endpoint=x",
    "HEADERS": "X-Api-Key: s3cret",
    "BLANK_URL": "postgresql://me:a s3cret@db/x",
    "SSHPASS": "s3cret",
    "MYSQL_PWD": "s3cret",
    "VAULT_SECRET_ID": "s3cret",
}


@pytest.mark.parametrize(("name", "value"), VARIABLES.items())
def test_what_variables_hold_is_replaced_wherever_it_occurs(name: str, value: str) -> None:
    redaction.learn_from({name: value, "OTHER": "harmless"})
    said = "a s3cret" if name == "BLANK_URL" else "s3cret"
    assert redact(f"it said {said}, harmless") == "it said ***, harmless"


def test_each_line_of_a_secret_is_one() -> None:
    redaction.learn_from({"SIGNING_KEY": "-----BEGIN KEY-----\nMIIabcdef\nghijkl==\n"})
    assert redact("at ghijkl==: MIIabcdef") == "at ***: ***"


@pytest.mark.parametrize("value", ["true", "1", "", "abc", "none", "30000"])
def test_what_is_too_common_to_be_a_secret_is_none(value: str) -> None:
    redaction.learn_from({"USE_TOKEN": value})
    assert redact("true 1 abc none 30000") == "true 1 abc none 30000"


@given(
    st.text(min_size=6).filter(
        lambda text: text.strip() == text and "\n" not in text and not text.isdigit()
    )
)
def test_a_known_secret_is_found_however_it_is_spelled(secret: str) -> None:
    if any(ord(char) < 32 or 0xD800 <= ord(char) <= 0xDFFF for char in secret):
        return
    if secret.lower() in redaction._PLAIN or secret in "spelled: " or len(secret.splitlines()) > 1:
        return
    redaction.forget()
    redaction.learn_from({"MY_TOKEN": secret})
    spelled = {
        "plain": secret,
        "quoted": quote(secret, safe=""),
        "shown": repr(secret),
        "json": json.dumps(secret),
        "plus": quote_plus(secret),
        "lower": re.sub("%..", lambda match: match.group().lower(), quote(secret, safe="")),
        "shell": shlex.quote(secret),
        "pattern": re.escape(secret),
        "html": html.escape(secret),
        "bytes": repr(secret.encode()),
        "hex": secret.encode().hex(),
        "base64": base64.b64encode(secret.encode()).decode(),
        "basic": base64.b64encode(f"__token__:{secret}".encode()).decode(),
    }
    for text in spelled.values():
        assert text not in redact(f"spelled: {text}")


@pytest.mark.parametrize("blank", ["\N{NO-BREAK SPACE}", "\v", "\N{EM SPACE}"])
def test_a_blank_that_no_shell_knows_is_part_of_a_secret(blank: str) -> None:
    secret = f"correct-horse{blank}battery-staple"
    redaction.learn_from({"SETTINGS": f"a TOKEN={secret} b"})
    assert "battery" not in redaction.redact(f"it was {secret}")
