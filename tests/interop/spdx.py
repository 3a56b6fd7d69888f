# SPDX-License-Identifier: GPL-2.0-or-later
"""
A strict reader of SPDX 2.3 documents in JSON, by the specification's text (clauses 6 to 11 and
annex on JSON): every field that a document must have, every value that a field may have, nothing
that the specification does not name, and what one field says of another.
"""

import hashlib
import re

DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
IDENTIFIER = re.compile(r"SPDXRef-[A-Za-z0-9.-]+")
AGENT = re.compile(r"(Tool|Person|Organization): \S.*")
URI = re.compile(r"[a-z][a-z0-9+.-]*:[^#\s]+")
LICENSE = re.compile(r"(NOASSERTION|NONE|[A-Za-z0-9.-]+( (AND|OR|WITH) [A-Za-z0-9.-]+)*)")
LICENSES = {"GPL-2.0-or-later", "LGPL-2.1-or-later", "LGPL-2.1-only", "MIT", "BSD-2-Clause"}
SUMS = {"SHA1": 40, "SHA224": 56, "SHA256": 64, "SHA384": 96, "SHA512": 128}
# As the JSON schema spells them: with underscores, where the specification's text has dashes.
PURPOSES = {"APPLICATION", "FRAMEWORK", "LIBRARY", "CONTAINER", "OPERATING_SYSTEM", "DEVICE",
            "FIRMWARE", "SOURCE", "ARCHIVE", "FILE", "INSTALL", "OTHER"}
FILE_TYPES = {"SOURCE", "BINARY", "ARCHIVE", "APPLICATION", "AUDIO", "IMAGE", "TEXT", "VIDEO",
              "DOCUMENTATION", "SPDX", "OTHER"}
RELATIONS = {"DESCRIBES", "DESCRIBED_BY", "CONTAINS", "CONTAINED_BY", "DEPENDS_ON",
             "DEPENDENCY_OF", "GENERATES", "GENERATED_FROM", "STATIC_LINK", "DYNAMIC_LINK"}
REFERENCES = {"SECURITY", "PACKAGE-MANAGER", "PERSISTENT-ID", "OTHER"}


def fail(place: str, what: str) -> None:
    raise AssertionError(f"{place}: {what}")


def members(place: str, value, must: set, may: set) -> None:
    if not isinstance(value, dict):
        fail(place, "is no object")
    if must - set(value):
        fail(place, f"has no {sorted(must - set(value))}")
    if set(value) - must - may:
        fail(place, f"has {sorted(set(value) - must - may)}, which it cannot have")


def text(place: str, value, pattern=None, among=None) -> None:
    if not isinstance(value, str) or not value:
        fail(place, "is no text")
    if pattern and not pattern.fullmatch(value):
        fail(place, f"cannot be {value}")
    if among and value not in among:
        fail(place, f"cannot be {value}")


def listed(place: str, value, least: int = 1) -> list:
    if not isinstance(value, list) or len(value) < least:
        fail(place, f"is no list of at least {least}")
    return value


def checksums(place: str, value, needed: str) -> None:
    seen = set()
    for entry in listed(place, value):
        members(place, entry, {"algorithm", "checksumValue"}, set())
        text(place, entry["algorithm"], among=SUMS)
        text(place, entry["checksumValue"],
             re.compile("[0-9a-f]{%d}" % SUMS[entry["algorithm"]]))
        if entry["algorithm"] in seen:
            fail(place, "has one algorithm twice")
        seen.add(entry["algorithm"])
    if needed not in seen:
        fail(place, f"has no {needed}")


def annotations(place: str, value) -> None:
    for entry in listed(place, value):
        members(place, entry, {"annotationDate", "annotationType", "annotator", "comment"}, set())
        text(place, entry["annotationDate"], DATE)
        text(place, entry["annotationType"], among={"REVIEW", "OTHER"})
        text(place, entry["annotator"], AGENT)
        text(place, entry["comment"])


def license_of(place: str, value) -> None:
    text(place, value, LICENSE)
    for word in re.split(r" (?:AND|OR|WITH) ", value):
        if word not in LICENSES | {"NOASSERTION", "NONE"}:
            fail(place, f"names the licence {word}")


def package(place: str, value) -> None:
    members(place, value, {"name", "SPDXID", "downloadLocation"},
            {"versionInfo", "packageFileName", "filesAnalyzed", "packageVerificationCode",
             "checksums", "sourceInfo", "licenseConcluded", "licenseDeclared", "copyrightText",
             "comment", "externalRefs", "annotations", "primaryPackagePurpose"})
    for name in set(value) & {"name", "versionInfo", "packageFileName", "sourceInfo",
                              "copyrightText", "comment", "downloadLocation"}:
        text(f"{place}.{name}", value[name])
    for name in set(value) & {"licenseConcluded", "licenseDeclared"}:
        license_of(f"{place}.{name}", value[name])
    if "checksums" in value:
        checksums(f"{place}.checksums", value["checksums"], "SHA256")
    if "primaryPackagePurpose" in value:
        text(place, value["primaryPackagePurpose"], among=PURPOSES)
    if "annotations" in value:
        annotations(f"{place}.annotations", value["annotations"])
    for entry in value.get("externalRefs", []):
        members(place, entry, {"referenceCategory", "referenceType", "referenceLocator"},
                {"comment"})
        text(place, entry["referenceCategory"], among=REFERENCES)
        text(place, entry["referenceLocator"], re.compile(r"pkg:[a-z]+/\S+@\S+"))
    # 7.8 and 7.9: the code belongs to packages whose files are listed, and to them alone.
    analyzed = value.get("filesAnalyzed", True)
    if not isinstance(analyzed, bool) or analyzed != ("packageVerificationCode" in value):
        fail(place, "has a verification code where no files are analyzed, or none where they are")


def file(place: str, value) -> None:
    members(place, value, {"fileName", "SPDXID", "checksums"},
            {"fileTypes", "comment", "annotations"})
    text(place, value["fileName"], re.compile(r"\./.+"))
    checksums(place, value["checksums"], "SHA1")
    for kind in value.get("fileTypes", []):
        text(place, kind, among=FILE_TYPES)
    if "annotations" in value:
        annotations(f"{place}.annotations", value["annotations"])


def verification_code(document: dict, owner: dict, files: dict) -> str:
    """7.9.4: SHA-1 over the SHA-1s of the package's files, sorted and put together."""
    sums = [s["checksumValue"] for r in document["relationships"]
            if r["relationshipType"] == "CONTAINS" and r["spdxElementId"] == owner["SPDXID"]
            for s in files[r["relatedSpdxElement"]]["checksums"] if s["algorithm"] == "SHA1"]
    return hashlib.sha1("".join(sorted(sums)).encode()).hexdigest()


def relationships(document: dict, known: set) -> None:
    described = set()
    for entry in listed("relationships", document["relationships"]):
        members("relationship", entry,
                {"spdxElementId", "relationshipType", "relatedSpdxElement"}, {"comment"})
        text("relationship", entry["relationshipType"], among=RELATIONS)
        for end in ("spdxElementId", "relatedSpdxElement"):
            if entry[end] not in known:
                fail("relationship", f"leads to {entry[end]}, which is not in the document")
        if entry["relationshipType"] == "DESCRIBES":
            described.add(entry["spdxElementId"])
    if described != {"SPDXRef-DOCUMENT"}:
        fail("document", "describes nothing")


def check(document) -> None:
    """Raises AssertionError, naming the place, when this is no SPDX 2.3 document."""
    members("document", document,
            {"SPDXID", "spdxVersion", "dataLicense", "name", "documentNamespace", "creationInfo"},
            {"packages", "files", "relationships", "comment", "annotations"})
    text("spdxVersion", document["spdxVersion"], among={"SPDX-2.3"})
    text("dataLicense", document["dataLicense"], among={"CC0-1.0"})
    text("SPDXID", document["SPDXID"], among={"SPDXRef-DOCUMENT"})
    text("name", document["name"])
    text("documentNamespace", document["documentNamespace"], URI)
    creation = document["creationInfo"]
    members("creationInfo", creation, {"created", "creators"}, {"comment", "licenseListVersion"})
    text("created", creation["created"], DATE)
    for creator in listed("creators", creation["creators"]):
        text("creator", creator, AGENT)
    known = {"SPDXRef-DOCUMENT"}
    for kind, reader in (("packages", package), ("files", file)):
        for number, entry in enumerate(listed(kind, document[kind])):
            reader(f"{kind}[{number}]", entry)
            text(kind, entry["SPDXID"], IDENTIFIER)
            if entry["SPDXID"] in known:
                fail(kind, f"{entry['SPDXID']} is there twice")
            known.add(entry["SPDXID"])
    relationships(document, known)
    files = {f["SPDXID"]: f for f in document["files"]}
    for entry in document["packages"]:
        if entry.get("filesAnalyzed", True):
            code = entry["packageVerificationCode"]
            members("verification code", code, {"packageVerificationCodeValue"}, set())
            if code["packageVerificationCodeValue"] != verification_code(document, entry, files):
                fail(entry["name"], "has another verification code than its files")
