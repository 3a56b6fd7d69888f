#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Each audit finds what it is for: a bad sample gives a finding, its good twin gives none."""

import runpy
import sys
from pathlib import Path
from types import SimpleNamespace

import attacks
import banned
import errors
import layering
import listing
import manual
import size
import spdx
import texts
import tss

REPO = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPO / "tests" / "vm"))
import shown  # noqa: E402

DRAW = SimpleNamespace(**runpy.run_path(str(REPO / "tools" / "picture" / "draw")))
PICTURE = DRAW.PICTURE.read_text()

ROW = 'STATUS_ENUM({}, {}, {},\n\t"what happened",\n\t"{}")\n'


def long_function(lines: int) -> str:
    return "void f(void)\n{\n" + "\tx();\n" * lines + "}\n"


MANY_OF_TSS = [f"tss2-esys/api/Esys_{i}.c" for i in range(tss.LEAST_FILES)]


def table(*rows) -> list[str]:
    text = "".join(ROW.format(code, error, "FINAL", "what to do") for code, error in rows)
    return errors.table_problems("t.def", 100, 199, text)


def row_of_table(retry: str, advice: str) -> list[str]:
    return errors.table_problems("t.def", 100, 199, ROW.format(100, "A", retry, advice))


def meanings(*texts: str) -> list[str]:
    return errors.twice([errors.Row(code, "A", "FINAL", text, "do", [])
                         for code, text in enumerate(texts, 100)])


def attack(test: str) -> list[str]:
    return attacks.problems_in(f"| relay | `{test}` |\n", lambda _: SOURCES)[0]


SOURCES = 'RUN(test_a);\n{"one: more", 0}, scenario("one")\n'

# What is checked, the findings for a bad sample, the findings for its good twin.
CASES = [
    ("layering: a tool includes PID 1",
     layering.problems_in("tools/a.c", '#include "early/boot.h"\n'),
     layering.problems_in("tools/a.c", '#include "early/contract/wire.h"\n')),
    ("layering: a source file",
     layering.problems_in("tools/a.c", '#include "tools/b.c"\n'),
     layering.problems_in("tools/a.c", '#include "tools/b.h"\n')),
    ("layering: a room's private header",
     layering.problems_in("tools/a/b.c", '#include "tools/lib/x_private.h"\n'),
     layering.problems_in("tools/lib/b.c", '#include "tools/lib/x_private.h"\n')),
    ("layering: two headers include each other",
     layering.rings({"a/x.h": '#include "a/y.h"\n', "a/y.h": '#include "a/x.h"\n'}),
     layering.rings({"a/x.h": '#include "a/y.h"\n', "a/y.h": ""})),
    ("layering: three modules in a ring",
     layering.rings({"a/x.h": "", "a/x.c": '#include "a/y.h"\n', "a/y.h": "",
                     "a/y.c": '#include "a/z.h"\n', "a/z.h": '#include "a/x.h"\n'}),
     layering.rings({"a/x.h": "", "a/x.c": '#include "a/y.h"\n', "a/y.h": "",
                     "a/y.c": '#include "a/z.h"\n#include "a/y.h"\n', "a/z.h": ""})),
    ("layering: a module and its private header are one",
     layering.rings({"a/x.h": '#include "a/y.h"\n', "a/x_private.h": '#include "a/x.h"\n',
                     "a/x.c": '#include "a/x_private.h"\n', "a/y.h": "",
                     "a/y.c": '#include "a/x_private.h"\n'}),
     layering.rings({"a/x.h": "", "a/x_private.h": '#include "a/x.h"\n',
                     "a/x.c": '#include "a/x_private.h"\n'})),
    ("layering: a room uses one that it may not",
     layering.problems_in("early/net/a.c", '#include "early/disk/b.h"\n'),
     layering.problems_in("early/net/a.c", '#include "early/console.h"\n')),
    ("layering: crypto opens files",
     layering.problems_in("crypto/a.c", "#include <stdio.h>\n"),
     layering.problems_in("crypto/a.c", "#include <string.h>\n")),
    ("layering: the stub takes the C library",
     layering.problems_in("efi/a.c", "#include <stdlib.h>\n"),
     layering.problems_in("efi/a.c", "#include <efi.h>\n")),
    ("banned: strcpy",
     banned.problems_in("early/a.c", "strcpy(a, b);\n"),
     banned.problems_in("early/a.c", 'say("strcpy(a, b)"); /* strcpy() */\n')),
    ("banned: line comments",
     banned.problems_in("early/a.c", "int a; // b\n"),
     banned.problems_in("early/a.c", 'say("http://a"); /* http://a */\n')),
    ("banned: memcmp of a key",
     banned.problems_in("tools/a.c", "if (memcmp(disk_key, other, 32))\n"),
     banned.problems_in("tools/a.c", "if (memcmp(magic, other, 4))\n")),
    ("banned: a test that nothing holds",
     banned.unheld_tests("tests/a.cmake", "  add_test(NAME a COMMAND a)\n"),
     banned.unheld_tests("tests/a.cmake", "protostar_add_test(NAME a COMMAND a)\n")),
    ("size: a long function",
     size.problems_in("early/a.c", long_function(61)),
     size.problems_in("early/a.c", long_function(60))),
    ("size: a long file",
     size.problems_in("early/a.c", "\n" * 401), size.problems_in("early/a.c", "\n" * 400)),
    ("errors: a code twice", table((100, "A"), (100, "B")), table((100, "A"), (101, "B"))),
    ("errors: out of range", table((200, "A")), table((199, "A"))),
    ("errors: another form", errors.table_problems("t.def", 100, 199, "STATUS_ENUM(100, A)\n"),
     row_of_table("FINAL", "what to do")),
    ("errors: nothing to do", row_of_table("FINAL", ""), row_of_table("FINAL", "mend it")),
    ("errors: a full stop", row_of_table("FINAL", "mend it."), row_of_table("FINAL", "mend it")),
    ("errors: filler", row_of_table("FINAL", "see above"), row_of_table("FINAL", "see the log")),
    ("errors: what it means, again", row_of_table("FINAL", "what happened"),
     row_of_table("FINAL", "mend it")),
    ("errors: the stub tries again", row_of_table("RETRY", "wait"), row_of_table("FINAL", "wait")),
    ("errors: one meaning twice", meanings("a", "a"), meanings("a", "b")),
    ("errors: a meaning as advice", meanings("a", "do"), meanings("a", "b")),
    ("errors: two places",
     [""] * (errors.uses("fail(E_A); fail(E_A);", "A") - 1),
     [""] * (errors.uses("fail(E_A); if (s.code == E_A) x();", "A") - 1)),
    ("texts: a machine's path",
     texts.text_problems("a.md", "see /ro" + "ot/x\n"),
     texts.text_problems("a.md", "see /run/x\n")),
    ("tss: a file of FAPI",
     tss.compiled_problems(MANY_OF_TSS + ["tss2-fapi/fapi_util.c"]),
     tss.compiled_problems(MANY_OF_TSS)),
    ("tss: no file at all", tss.compiled_problems([]), tss.compiled_problems(MANY_OF_TSS)),
    ("tss: a call", tss.call_problems("early/a.c", "Esys_TR_Deserialize(esys, blob);\n"),
     tss.call_problems("early/a.c", "Esys_TR_Close(esys, &key); /* Fapi_Quote() */\n")),
    ("picture: other words", DRAW.problems(PICTURE.replace(">GRANT", ">DENY"), PICTURE),
     DRAW.problems(PICTURE, PICTURE)),
    ("picture: of another source", DRAW.problems(PICTURE.replace("SHA-256 ", "SHA-256 0"), PICTURE),
     DRAW.problems(PICTURE.replace('y="', 'y="1'), PICTURE)),
    ("shown: another key", shown.missing(["a 0000000000000000"], ["a 0000000000000001"]),
     shown.missing(["a 0000000000000002"], ["a 0000000000000001"])),
    ("shown: a line more",
     shown.missing(["a"], ["a", "b"]), shown.missing(["a", "..."], ["a", "b"])),
    ("shown: a line before",
     shown.missing(["b"], ["a", "b"]), shown.missing(["b"], ["a", "b"], gaps=True)),
    ("shown: another order",
     shown.missing(["b", "a"], ["a", "b"], gaps=True),
     shown.missing(["a", "b"], ["a", "[ 1.5] x[1]: b"], gaps=True)),
    ("shown: the start of a line",
     shown.missing(["ab..."], ["aa"]), shown.missing(["a..."], ["ab"])),
    ("shown: commands without what they print",
     [step for step in shown.steps("```console\na\n```\n\n    c\n") if not step.shown],
     [step for step in shown.steps("\n    c\n\n```console\na\n```\n") if not step.shown]),
    ("texts: a document that is not there",
     texts.document_problems("a.h", "/* as design decision 6 says, see design.md */", {"a.h"}),
     texts.document_problems("a.h", "/* as README.md says, and https://a/b.md */", {"README.md"})),
    ("attacks: a case that is not there", attack("test_x: test_b"), attack("test_x: test_a")),
    ("attacks: the start of a case", attack("test_x: test"), attack("test_x")),
    ("attacks: a client's case", attack("independent_client: on"),
     attack("independent_client: one")),
    ("attacks: a mutant", attack("proof: one/two"), attack("proof: one")),
    ("attacks: no test", attacks.problems_in("| relay | none |\n", SOURCES)[0], attack("proof")),
    ("spdx: no licence",
     spdx.problems_in("a.c", "/* a.c */\n"),
     spdx.problems_in("a.c", f"/* {spdx.TAG}{spdx.LICENSE} */\n/* a.c */\n")),
    ("spdx: another licence",
     spdx.problems_in("a.py", f"# {spdx.TAG}MIT\n"),
     spdx.problems_in("a.py", f"#!/usr/bin/env python3\n# {spdx.TAG}{spdx.LICENSE}\n")),
    ("texts: a long first page", texts.length_problems("README.md", "\n" * 301),
     texts.length_problems("README.md", "\n" * 300)),
    ("texts: white space", texts.text_problems("a.md", "a \n"), texts.text_problems("a.md", "a\n")),
]


LISTED = listing.read("command\t-\tx\ncommand\ta\tx\n"
                      "option\ta\t--bb\tFILE\tfile\t-\trequired\tonce\t-\tx\n")


def manual_problems(row: str) -> list[str]:
    page = manual.parts(f".Sh DESCRIPTION\n.Ss a\n{row}\n")
    return manual.command_problems(LISTED[("a",)], page, ())[0]


CASES += [
    ("manual: an option that is not there", manual_problems(".It Fl -c"),
     manual_problems(".It Fl -bb Ar file")),
    ("manual: another argument", manual_problems(".It Fl -bb Ar dir"),
     manual_problems(".It Fl -a , Fl -bb Ar file , \\\nFl -c Ar x")),
    ("manual: a synopsis without what a command needs",
     manual.synopsis_problems(LISTED[("a",)], ".Nm\n.Cm a\n"),
     manual.synopsis_problems(LISTED[("a",)], ".Nm\n.Cm a\n.Fl -bb Ar file\n")),
]


def main() -> int:
    wrong = 0
    for what, bad, good in CASES:
        if not bad:
            print(f"{what}: not found")
        if good:
            print(f"{what}: found where it is not: {good}")
        wrong += not bad or bool(good)
    print(f"{len(CASES)} samples, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
