# SPDX-License-Identifier: GPL-2.0-or-later
"""
What is explored. In a scenario all properties of `claims` hold with the protocol as it is. A mutant
is the same with some defences taken out; its attack has to be found. Where several defences stop
the same attack the mutant takes out all of them (`without`), and each of them has to be enough
alone: the scenario has to hold with all the others taken out.
"""

from collections import namedtuple

import messages as m
import properties
from rotation import RotationWorld

Scenario = namedtuple("Scenario", "name options mutants limits reaches")
Mutant = namedtuple("Mutant", "name without fault options", defaults=({},))
Limit = namedtuple("Limit", "name fault options")

ALL = ("secrecy", "node_agreement", "service_agreement", "commit_agreement", "mount_agreement",
       "right_header", "admission", "kinds")
assert set(ALL) < set(properties.ALL)
# With TLS broken the attacker answers the node itself; what remains is said in README.md.
BROKEN = ("secrecy", "node_agreement", "true_key_agreement", "admission", "kinds")
ROTATION = ("openable", "version_granted", "never_back")
TEE = {"kinds": ("snp", "tpm"), "sets": (("snp", "tpm"),)}


def scenario(name, mutants=(), limits=(), reaches=("mounted",), **options):
    return Scenario(name, {"claims": ALL, **options}, mutants, limits, frozenset(reaches))


SCENARIOS = (
    # The network is the attacker's; nothing has leaked. Two nodes that know two services.
    scenario("network", nodes={"n1": 1, "n2": 1}, hosts={"S1": 1, "S2": 1}, mutants=(
        Mutant("service-not-pinned", ("pin",), "service_agreement"),
    )),
    # A node that boots twice.
    scenario("rejoin", nodes={"n1": 2}, hosts={"S1": 2}, mutants=(
        Mutant("two-commits-of-one-generation", ("one_commit",), "commit_agreement"),
        Mutant("header-without-mac", ("header_mac",), "right_header"),
    )),
    # A machine that policy admits is the attacker's. So is one that it does not.
    scenario("insider", insider=True, stranger=True, hosts={"S1": 2}, mutants=(
        Mutant("ak-substitution", ("activation",), "node_agreement"),
        Mutant("disk-of-another-node", ("binding",), "secrecy"),
        Mutant("strangers-tpm", ("identity",), "admission"),
    )),
    # Unknown nodes wait for the operator.
    scenario("approval", approval=True, stranger=True, nodes={"n1": 2}, hosts={"S1": 2}, mutants=(
        Mutant("approved-without-looking", ("inventory",), "admission"),
    )),
    # One of the services that a node knows is the attacker's: relay, "identity crisis".
    scenario("rogue-service", rogue=True, stranger=True, mutants=(
        Mutant("relay", ("exporter", "transcript", "spki_self", "spki_peer"), "node_agreement"),
        Mutant("node-opens-others-credential", ("credential_name",), "node_agreement"),
    )),
    # The node's TLS key has leaked as well: evidence that is bound to that key alone is worthless.
    scenario("leaked-node-key", rogue=True, leaks=("node key",), mutants=(
        Mutant("evidence-before-the-handshake", ("exporter", "transcript", "spki_peer"),
               "node_agreement"),
    )),
    # One of two honest services is shown what was made for the other.
    scenario("two-services", leaks=("node key", "ecdhe node"), hosts={"S1": 1, "S2": 1},
             claims=BROKEN, mutants=(
        Mutant("relay-to-another-service", ("exporter", "transcript", "spki_peer"),
               "service_meant"),
    )),
    # Fields of rd that are there to spare: without them all of the above still holds.
    scenario("spare-fields", rogue=True, leaks=("node key",), without=("nonce_v", "nonce_a")),
    # Both TLS keys have leaked: the binder is all that is left.
    scenario("leaked-both-keys", leaks=("node key", "service key"),
             claims=("secrecy", "node_agreement", "admission", "kinds"), mutants=(
        Mutant("evidence-without-binder", ("exporter", "transcript"), "node_agreement"),
    )),
    # ... and curve points are not checked, so that two connections can get one master secret.
    scenario("synchronised-secrets", leaks=("node key", "service key"), without=("points",),
             claims=("secrecy", "node_agreement", "admission", "kinds"), mutants=(
        Mutant("unknown-key-share", ("transcript",), "node_agreement"),
    )),
    # The same connection's extended master secret would do what the transcript does.
    scenario("extended-master-secret", leaks=("node key", "service key"),
             without=("points", "transcript"), extra=("extended_master_secret",),
             claims=("secrecy", "node_agreement", "admission", "kinds")),
    # An ECDHE scalar has leaked, so the attacker reads and writes in the connection.
    scenario("broken-tls", leaks=("ecdhe node",), insider=True, claims=BROKEN, mutants=(
        Mutant("claims-not-signed", ("claims",), "secrecy"),
        Mutant("key-not-wrapped", ("wrap",), "secrecy"),
        Mutant("wrap-without-aad", ("aad",), "true_key_agreement"),
        Mutant("wrap-without-rd", ("wrap_rd",), "true_key_agreement"),
    ), limits=(
        Limit("attacker-answers-a-node", "service_agreement", {}),
        Limit("kem-key-leaked-too", "secrecy", {"leaks": ("ecdhe node", "kem")}),
    )),
    scenario("broken-tls-at-the-service", leaks=("ecdhe service",), claims=BROKEN),
    # TLS is broken, and one half of what seals the disk key, on both sides.
    scenario("one-half-leaked", leaks=("ecdhe node", "p256"), claims=BROKEN, mutants=(
        Mutant("p256-alone", ("wrap_mlkem",), "secrecy"),
    ), limits=(
        Limit("other-half-leaked-too", "secrecy", {"leaks": ("ecdhe node", "p256", "mlkem")}),
    )),
    scenario("other-half-leaked", leaks=("ecdhe node", "mlkem"), claims=BROKEN, mutants=(
        Mutant("mlkem-alone", ("wrap_p256",), "secrecy"),
    )),
    # One of the node's operators is the attacker's.
    scenario("operator", operator=True, claims=(*ALL, "purposes"), mutants=(
        Mutant("recover-shown-as-join", ("exporter", "transcript", "spki_self", "spki_peer",
                                         "purpose"), "node_agreement"),
        Mutant("operator-as-service", ("pins_by_connection",), "purposes"),
        Mutant("operator-lets-join", ("purpose_by_connection",), "purposes"),
        Mutant("recovery-formats", ("recover_opens",), "purposes"),
    )),
    # The KEM keys alone have leaked.
    scenario("leaked-kem-key", leaks=("kem",)),
    # Old evidence is read from a broken connection and shown again.
    scenario("replay", leaks=("node key", "ecdhe node"), hosts={"S1": 2},
             claims=("secrecy", "node_agreement", "admission", "kinds"), mutants=(
        Mutant("nonce-reuse", ("exporter", "transcript", "nonce_fresh"), "no_replay"),
    )),
    # After the hand-over the node's system is the attacker's, with its TPM.
    scenario("mean-root", root="mean", hosts={"S1": 2}, mutants=(
        Mutant("root-joins-again", ("seal",), "node_agreement"),
        Mutant("other-pcrs", ("selection",), "node_agreement"),
        Mutant("key-of-another-form", ("ak_form",), "node_agreement"),
    )),
    # The node's system is honest and quotes for verifiers.
    scenario("attest", root="attest", hosts={"S1": 2}, mutants=(
        Mutant("purpose-swap", ("purpose", "seal"), "node_agreement"),
    )),
    # A disk goes over to another key version; power is cut, messages are late or lost.
    scenario("rotation", world=RotationWorld, boots=3, claims=ROTATION, reaches=("rekeyed",),
             mutants=(
        Mutant("commit-replayed", ("one_commit",), "never_back"),
        Mutant("header-before-ack", ("header_after_ack",), "openable"),
        Mutant("no-spare-header", ("spare_header",), "openable"),
    )),
    # The same, and the attacker sends COMMITs of his own.
    scenario("rotation-broken-tls", world=RotationWorld, boots=2, broken=True,
             claims=("version_granted", "never_back"), reaches=("rekeyed",), mutants=(
        Mutant("version-not-granted", ("version_granted",), "version_granted"),
    )),
    # The set demands two kinds; the attacker has one, and guests on the node's chip.
    scenario("two-kinds", insider=True, rogue=True, mutants=(
        Mutant("kind-left-out", ("every_kind",), "kinds", {"rogue": False}),
        Mutant("report-of-the-boot", ("report_rd",), "kinds"),
        Mutant("launch-not-compared", ("launch",), "kinds", {"rogue": False}),
    ), **TEE),
    # Policy has a set with less: a node that can do more must not be talked down.
    scenario("weaker-set", kinds=("snp", "tpm"), sets=(("tpm",), ("snp", "tpm")), mutants=(
        Mutant("downgrade-of-kind", ("kinds_in_tls",), "kinds"),
    )),
    # The node goes by the service's evidence instead of a pin.
    scenario("service-evidence", without=("pin",), wants_evidence=True,
             claims=("secrecy", "service_evidence", "node_agreement"), mutants=(
        Mutant("service-key-not-named", ("service_ak",), "service_evidence"),
    )),
    # The service's machine is one like the node's, and any TPM of the maker will do.
    scenario("reflection", without=("pin",), wants_evidence=True, service_trust="genuine",
             service_pcrs=m.GOOD, leaks=("node key",),
             claims=("secrecy", "service_evidence", "node_agreement"), mutants=(
        Mutant("role-swap", ("role", "nonce_order"), "service_evidence"),
    )),
)
