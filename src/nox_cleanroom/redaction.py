"""Redacting secrets in everything that is shown or stored.

Known secrets are the values of variables whose names say so, and the user information before the
``@`` of URLs. They are replaced wherever they occur, in every usual spelling. In all URLs, the user
information and the values of the query are removed.
"""

from __future__ import annotations

import base64
import contextlib
import json
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, quote_plus, unquote, urlsplit

#: The replacement for a secret.
MASK = "***"

#: Parts of names that mark a value as secret, also inside of longer words.
_TELLING = re.compile(
    r"TOKEN|PASSW|PASSPHRASE|SECRET|CREDENTIAL|API[_-]?KEY|ACCESS_?KEY|ACCOUNT_?KEY|PRIVATE_?KEY|SIGNING_?KEY"
    r"|ENCRYPTION_?KEY|AUTHORI[SZ]ATION|COOKIE"
    r"|(^|[_.-])(AUTH|PAT|PW|JWT|SIG|SIGNATURE)($|[_.-])"
    r"|((^|[_.-])|SSH|DB|PG|USER|ADMIN)PASS($|[_.-])|[_.-](KEY|PWD)$",
    re.IGNORECASE,
)

#: Names with these endings hold the place of a secret.
_PLACE = re.compile(
    r"[_.-](FILE|PATH|DIR|SOCK|SOCKET|URL|URI|HOST|NAME|USERNAME|USER|LOGIN)$|KEY[_.-]ID$",
    re.IGNORECASE,
)

#: Values that are never secret, whatever the variable's name is, because they are too common.
_PLAIN = frozenset(
    {
        *("true", "false", "yes", "no", "none", "null", "on", "off", "auto", "always", "never"),
        *("default", "enabled", "disabled", "keyring", "subprocess", "import", "basic", "bearer"),
    }
)
_SHORTEST = 4
_SHORTEST_IN_BASE64 = 6

#: An escaped byte in a URL.
_ESCAPED = re.compile("%[0-9A-F]{2}")

#: A header that authenticates a client; `actions/checkout` writes it to git's configuration.
_HEADER = re.compile(r"authorization:\s*(?:\S+\s+)?(\S+)", re.IGNORECASE)

#: An assignment, as in a connection string, a table of settings or an option.
_ASSIGNMENT = re.compile(
    r"""(?:(?P<option>--)|\b)(?P<name>[A-Za-z][\w.-]*)["']?(?(option)[=\s]|\s*[=:])\s*"""
    r"""["']?(?P<value>(?!-)[^\s;,&"']+)"""
)
#: curl's option for a user and a password.
_USER_OPTION = re.compile(r"(?:^|\s)(?:-u|--user)[=\s]+[^\s:]+:(\S+)")

#: What a shell takes in another way than `str.split`: quotes, and blanks that it does not know.
_SPLIT_BY_SHELL = re.compile(r"[\"'\\]|[^\S \t\r\n]")

#: A URL in running text, up to the next blank.
_URL = re.compile(r"(?:\b[a-z][a-z0-9+.-]*:)?//\S+", re.IGNORECASE)
#: The beginning of another URL in the same word.
_NEXT_URL = re.compile(r"(?<=[^a-z0-9+.-])(?=[a-z][a-z0-9+.-]*://)", re.IGNORECASE)

_known: set[str] = set()
#: The variables, with their values, from which secrets were learnt.
_heard: set[tuple[str, str]] = set()
_pattern: list[re.Pattern[str]] = []


def says_secret(name: str) -> bool:
    """Whether the name of a variable, or of a query's field, says that its value is secret.

    >>> says_secret("HATCH_INDEX_AUTH"), says_secret("SSH_AUTH_SOCK"), says_secret("AUTHOR")
    (True, False, False)
    """
    return bool(_TELLING.search(name)) and not _PLACE.search(name)


def learn_from(env: Mapping[str, str]) -> None:
    """Learn the secrets in variables: by their names, and from URLs in their values."""
    for one in env.items():
        # A session learns from nearly the same variables as the command that started it.
        if one not in _heard:
            _heard.add(one)
            learn(_secrets_in(*one))


def learn(values: Iterable[str]) -> None:
    """Learn secrets, without values that are too short or too common to be one."""
    for value in values:
        for part in {value, value.strip(), *value.splitlines()}:
            if len(part) >= _SHORTEST and part.lower() not in _PLAIN and not _is_small_number(part):
                _known.update(_spellings(part))
    _pattern.clear()


def longest_secret() -> int:
    """The length of the longest known secret, in characters."""
    return max(map(len, _known), default=0)


def forget() -> None:
    """Forget all secrets, for tests."""
    _known.clear()
    _heard.clear()
    _pattern.clear()


def redact(text: str) -> str:
    """Text without secrets.

    >>> redact("https://me:p@ss/w@index.example/simple?token=1#sha256=2")
    'https://***@index.example/simple?token=***#sha256=2'
    """
    if _known and not _pattern:
        longest_first = sorted(_known, key=len, reverse=True)
        _pattern.append(re.compile("|".join(map(re.escape, longest_first))))
    for pattern in _pattern:
        text = pattern.sub(MASK, text)
    return _URL.sub(_redact_urls, text) if "//" in text else text


def user_information(url: str) -> Iterator[str]:
    """The user information of a URL, and its password, each as it stands and decoded.

    >>> list(user_information("https://me:p%40ss@index.example/"))
    ['me:p%40ss', 'me:p@ss', 'p%40ss', 'p@ss']
    """
    before, at, _ = _split_at_user(url)
    if not at:
        return
    found = before.partition("//")[2]
    user, colon, password = found.partition(":")
    secret = password if colon else user
    for whole in (found, secret) if colon else (secret,):
        yield from dict.fromkeys((whole, unquote(whole)))


def _secrets_in(name: str, value: str) -> Iterator[str]:
    if says_secret(name):
        yield value
    yield from _secrets_in_text(value)
    if re.match(r"[a-z][a-z0-9+.-]*://", value, re.IGNORECASE):
        # A password may contain a blank, although a URL must not.
        yield from user_information(value)
    if value.startswith(("{", "[")):
        with contextlib.suppress(ValueError, RecursionError):
            yield from _secrets_in_json(json.loads(value), name)
    if name.upper().endswith("_PROXY") and "//" not in value:
        yield from user_information(f"//{value}")


def _secrets_in_text(text: str) -> Iterator[str]:
    yield from _HEADER.findall(text)
    yield from _USER_OPTION.findall(text)
    for match in _ASSIGNMENT.finditer(text):
        if says_secret(match["name"]):
            yield match["value"]
    for word in _words(text):
        name, equals, value = word.partition("=")
        if equals and says_secret(name):
            yield value
        for match in _URL.finditer(word):
            for url in _NEXT_URL.split(match.group()):
                yield from user_information(url)
                yield from (value for key, value in _fields(url) if says_secret(key))


def _words(text: str) -> list[str]:
    """The words of a value, split as by a shell where that is possible, and split at blanks."""
    words = text.split()
    if _SPLIT_BY_SHELL.search(text):
        with contextlib.suppress(ValueError):
            words += shlex.split(text)
    return words


def _secrets_in_json(found: Any, name: str) -> Iterator[str]:
    if isinstance(found, Mapping):
        for key, value in found.items():
            yield from _secrets_in_json(value, key)
    elif isinstance(found, list):
        for value in found:
            yield from _secrets_in_json(value, name)
    elif isinstance(found, str) and says_secret(name):
        yield found


def _is_small_number(text: str) -> bool:
    return text.isdigit() and len(text) < 6


def _spellings(secret: str) -> set[str]:
    """The possible spellings of a secret: in a URL, in Python, in JSON, in a header."""
    import html  # noqa: PLC0415 - its table of entities takes a millisecond

    data = secret.encode("utf-8", "surrogateescape")
    quoted = {
        quote(secret, safe="", errors="replace"),
        quote(secret, errors="replace"),
        quote_plus(secret, errors="replace"),
    }
    return {
        secret,
        unquote(secret),
        *quoted,
        *(_ESCAPED.sub(lambda match: match.group().lower(), one) for one in quoted),
        repr(secret)[1:-1],
        repr(data)[2:-1],
        json.dumps(secret)[1:-1],
        shlex.quote(secret),
        re.escape(secret),
        html.escape(secret),
        data.hex(),
        *(_in_base64(data, offset) for offset in range(3)),
    } - {""}


def _in_base64(data: bytes, offset: int) -> str:
    """The base64 text of bytes that start `offset` bytes after a group of three, in any context.

    In the header of basic authentication, for example, the user's name comes before (RFC 7617).
    """
    encoded = base64.b64encode(bytes(offset) + data).decode()
    whole = encoded[-(-offset * 8 // 6) : (offset + len(data)) * 8 // 6]
    return whole if len(whole) >= _SHORTEST_IN_BASE64 else ""


def _redact_urls(match: re.Match[str]) -> str:
    return "".join(map(_redact_url, _NEXT_URL.split(match.group())))


def _redact_url(url: str) -> str:
    before, at, after = _split_at_user(url)
    if at:
        url = f"{before.partition('//')[0]}//{MASK}@{after}"
    for key, value in _fields(url):
        if value:
            url = url.replace(f"{key}={value}", f"{key}={MASK}")
    return url


def _split_at_user(url: str) -> tuple[str, str, str]:
    """A URL up to its ``@``, the ``@``, and the rest; the first part is empty without a user.

    A password may contain ``@``. People also write ``/`` in passwords, although a URL must not
    contain it there. The text before the first ``/`` is then not a host.
    """
    try:
        parts = urlsplit(url)
        host, _, rest = parts.netloc, parts.port, url.partition("//")[2]
    except ValueError:
        # The port is not a number, so it is the beginning of a password.
        host, rest = "", url.partition("//")[2]
    user, at, place = host.rpartition("@")
    if "@" in rest.removeprefix(host) and not _is_host(place) and not url.startswith("file:///"):
        return url.rpartition("@")
    if at:
        before, _, after = url.partition(host)
        return before + user, at, place + after
    return "", "", url


def _is_host(text: str) -> bool:
    return ("." in text or text.startswith(("localhost", "["))) and ":" not in text


def _fields(url: str) -> list[tuple[str, str]]:
    """The fields of a URL's query, and those of its fragment whose names mark a secret."""
    _, _, rest = url.partition("?")
    query, _, fragment = rest.partition("#")
    fragment = fragment or ("" if rest else url.partition("#")[2])
    pairs = [part.partition("=") for part in re.split("[&;]", query)]
    told = (part.partition("=") for part in fragment.split("&"))
    pairs += [pair for pair in told if says_secret(pair[0])]
    return [(key, value.rstrip("\"'>),.]")) for key, _, value in pairs]
