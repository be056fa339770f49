"""The statements of METADATA and ``entry_points.txt``, compared by meaning.

Only statements that matter to users are compared. Metadata-Version, Generator, Dynamic,
License-File, spelling and order may differ between correct builds. A backend that finds the sdist's
PKG-INFO may copy the fields from there, and write them in its own way
(https://github.com/pypa/setuptools/issues/4336).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping

from packaging.metadata import RawMetadata
from packaging.requirements import InvalidRequirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from nox_cleanroom.entry_points import EntryPoint
from nox_cleanroom.output import clean_text
from nox_cleanroom.requirements import parse_requirement
from nox_cleanroom.wheels import Wheel

#: The value that old versions of setuptools write for an unset field.
_UNKNOWN = "UNKNOWN"

#: The statements of a field: the spelling of each one, by its meaning.
_Said = Mapping[Hashable, str]


def differences(ours: Wheel, theirs: Wheel, *, only_binding: bool = False) -> Iterator[str]:
    """The different statements of another wheel, in words that follow "the wheel".

    Args:
        ours: the correct wheel.
        theirs: the other wheel.
        only_binding: whether to compare only what decides what users install. Another version of a
            backend may write other classifiers, as poetry-core has one for each Python, other URLs
            and other texts.
    """
    for one, many, read in _LISTS:
        if read in _BINDING or not only_binding:
            yield from _lost_and_added(one, many, read(ours.metadata), read(theirs.metadata))
    for name, read_one in _SINGLES:
        if read_one in _BINDING or not only_binding:
            yield from _changed(name, read_one(ours.metadata), read_one(theirs.metadata))
    yield from () if only_binding else _description(ours.metadata, theirs.metadata)
    yield from _entry_points(ours, theirs)


def _lost_and_added(one: str, many: str, ours: _Said, theirs: _Said) -> Iterator[str]:
    lost = [ours[key] for key in ours if key not in theirs]
    added = [theirs[key] for key in theirs if key not in ours]
    if lost:
        yield f"lacks the {one if len(lost) == 1 else many} {_quoted(lost)}"
    if added:
        yield f"has the further {one if len(added) == 1 else many} {_quoted(added)}"


def _changed(name: str, ours: _Said, theirs: _Said) -> Iterator[str]:
    if ours.keys() == theirs.keys():
        return
    mine, other = _quoted([*ours.values()]), _quoted([*theirs.values()])
    if not theirs:
        yield f"lacks the {name} {mine}"
    else:
        yield f"has the {name} {other}, not {mine}" if ours else f"has the further {name} {other}"


def _quoted(texts: list[str]) -> str:
    shown = ", ".join(f"`{_shortened(clean_text(text))}`" for text in sorted(texts)[:5])
    return f"{shown} and {len(texts) - 5} more" if texts[5:] else shown


def _shortened(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= 80 else f"{words[:77]}..."


def _requirements(metadata: RawMetadata) -> _Said:
    return {_meaning_of(line): line for line in metadata.get("requires_dist", [])}


def _meaning_of(line: str) -> Hashable:
    try:
        requirement = parse_requirement(line)
    except InvalidRequirement:
        return " ".join(line.split())
    return (
        canonicalize_name(requirement.name),
        frozenset(map(canonicalize_name, requirement.extras)),
        requirement.specifier,
        requirement.url,
        str(requirement.marker),
    )


def _extras(metadata: RawMetadata) -> _Said:
    return {canonicalize_name(extra): extra for extra in metadata.get("provides_extra", [])}


def _classifiers(metadata: RawMetadata) -> _Said:
    return {" ".join(line.split()): line for line in metadata.get("classifiers", [])}


def _keywords(metadata: RawMetadata) -> _Said:
    # Some backends separate keywords by commas, others by blanks.
    words = re.split(r"[,\s]+", ",".join(metadata.get("keywords", [])))
    return {word: word for word in words if word}


def _urls(metadata: RawMetadata) -> _Said:
    # https://packaging.python.org/specifications/well-known-project-urls/#label-normalization
    return {
        (re.sub(r"[\W_]", "", label).lower(), url.rstrip("/")): f"{label}, {url}"
        for label, url in metadata.get("project_urls", {}).items()
    }


def _name(metadata: RawMetadata) -> _Said:
    name = metadata.get("name", "")
    return {canonicalize_name(name): name}


def _requires_python(metadata: RawMetadata) -> _Said:
    stated = metadata.get("requires_python", "")
    try:
        return {SpecifierSet(stated): stated} if stated.strip() else {}
    except InvalidSpecifier:
        return {stated: stated}


def _summary(metadata: RawMetadata) -> _Said:
    return _text(metadata.get("summary", ""))


def _licence(metadata: RawMetadata) -> _Said:
    expression = metadata.get("license_expression", "")
    return {expression.casefold(): expression} if expression else _text(metadata.get("license", ""))


def _text(text: str) -> _Said:
    words = " ".join(text.split())
    return {} if words in {"", _UNKNOWN} else {words: words}


def _description(ours: RawMetadata, theirs: RawMetadata) -> Iterator[str]:
    """Whether text is lost; a mere difference may be the commit, which an sdist does not know."""
    mine, other = (one.get("description", "").split() for one in (ours, theirs))
    if mine in ([], [_UNKNOWN]):
        return
    if other in ([], [_UNKNOWN]):
        yield "has no description, which is often a README"
        return
    kept = (Counter(mine) & Counter(other)).total()
    if len(other) < len(mine) or kept < len(mine) / 2:
        yield f"has another description, with {kept:,} of {len(mine):,} words"


def _entry_points(ours: Wheel, theirs: Wheel) -> Iterator[str]:
    mine, other = _points(ours), _points(theirs)
    lost = [name for name in mine if name not in other]
    added = [name for name in other if name not in mine]
    if lost:
        yield f"has no entry point {_quoted(lost)}"
    if added:
        yield f"has the further entry point {_quoted(added)}"
    for name, point in mine.items():
        if name in other and _target(other[name]) != _target(point):
            now = f"{name} = {_target(other[name])}"
            yield f"has {_quoted([now])}, not {_quoted([_target(point)])}"


def _points(wheel: Wheel) -> dict[str, EntryPoint]:
    return {f"{point.group}:{point.name}": point for point in wheel.entry_points}


def _target(point: EntryPoint) -> str:
    extras = ",".join(sorted(map(canonicalize_name, point.extras)))
    target = "".join(point.value.split())
    return f"{target} [{extras}]" if extras else target


#: Fields with several values: the words for one and for several, and the function that reads them.
_LISTS = (
    ("requirement", "requirements", _requirements),
    ("extra", "extras", _extras),
    ("classifier", "classifiers", _classifiers),
    ("keyword", "keywords", _keywords),
    ("URL", "URLs", _urls),
)

#: Fields with one value.
_SINGLES = (
    ("name", _name),
    ("Requires-Python", _requires_python),
    ("summary", _summary),
    ("licence", _licence),
)

#: Fields that decide what users install, and not only what they read.
_BINDING = (_requirements, _extras, _name, _requires_python)
