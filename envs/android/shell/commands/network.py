"""``ifconfig``, ``ip``, ``ping`` and ``iptables``: the network as the radios' switches leave it.

Nothing can be reached from this phone, so that addresses and rules have no effect beyond being listed.
"""

from palaestra.envs.android.shell.run import Call
from palaestra.envs.android.system.interfaces import Interface, interfaces


def configuration(call: Call) -> int:
    """``ifconfig [-a] [INTERFACE]``."""
    names = [word for word in call.args if not word.startswith("-")]
    known = interfaces(call.device.settings)
    if names and names[0] not in {interface.name for interface in known}:
        return call.fail(f"{names[0]}: No such device")
    if len(names) > 1:
        return call.fail(f"{names[0]}: Operation not permitted")
    for interface in known:
        if interface.name in names or (not names and (interface.is_up or "-a" in call.args)):
            call.say(_block(interface) + "\n")
    return 0


def _block(interface: Interface) -> str:
    """An interface as ``ifconfig`` shows it."""
    kind = "Local Loopback" if interface.is_loopback else f"Ethernet  HWaddr {interface.mac}  Driver virtio_net"
    flags = ["UP"] * interface.is_up + (
        ["LOOPBACK", "RUNNING"] if interface.is_loopback else ["BROADCAST", "MULTICAST"]
    )
    if interface.is_up and not interface.is_loopback:
        flags.insert(2, "RUNNING")
    lines = [f"{interface.name:<9} Link encap:{kind}"]
    if interface.is_up:
        cast = "" if interface.is_loopback else f"  Bcast:{interface.broadcast}"
        scope = "Host" if interface.is_loopback else "Link"
        lines += [
            f"inet addr:{interface.address}{cast}  Mask:{interface.mask} ",
            f"inet6 addr: {interface.address6} Scope: {scope}",
        ]
    lines += [
        f"{' '.join(flags)}  MTU:{_mtu(interface)}  Metric:1",
        "RX packets:0 errors:0 dropped:0 overruns:0 frame:0 ",
        "TX packets:0 errors:0 dropped:0 overruns:0 carrier:0 ",
        "collisions:0 txqueuelen:1000 ",
        "RX bytes:0 TX bytes:0 ",
    ]
    return ("\n" + " " * 10).join(lines) + "\n"


def _mtu(interface: Interface) -> int:
    return 65536 if interface.is_loopback else 1500


def ip(call: Call) -> int:
    """``ip [-4|-6] addr|link|route|rule|neigh [show] [dev INTERFACE]``."""
    options = [word for word in call.args if word.startswith("-")]
    words = [word for word in call.args if word and not word.startswith("-")]
    kind = next((name for name in SHOWN if words and name.startswith(words[0])), None)
    if kind is None:
        if not words:
            call.say("Usage: ip [ OPTIONS ] OBJECT { COMMAND | help }\n")
            return 255
        call.complain(f'Object "{words[0]}" is unknown, try "ip help".\n')
        return 1
    rest = words[1:]
    if rest and rest[0] in ("show", "list", "ls", "lst", "sh"):
        rest.pop(0)
    elif rest and rest[0] in ("set", "add", "del", "delete", "flush", "change", "replace"):
        call.complain("RTNETLINK answers: Operation not permitted\n")
        return 2
    if rest[:1] == ["dev"]:
        rest.pop(0)
    known = interfaces(call.device.settings)
    names = [word for word in rest if word not in ("up", "table", "all", "main", "scope", "global")]
    if names and names[0] not in {interface.name for interface in known}:
        call.complain(f'Device "{names[0]}" does not exist.\n')
        return 1
    chosen = [i for i in known if (not names or i.name == names[0]) and (i.is_up or "up" not in rest)]
    call.say("".join(SHOWN[kind](interface, options) for interface in chosen))
    return 0


def _link(interface: Interface, options: list[str]) -> str:
    flags = ["LOOPBACK"] if interface.is_loopback else ["BROADCAST", "MULTICAST"]
    flags += ["UP", "LOWER_UP"] * interface.is_up
    state = "UNKNOWN" if interface.is_loopback else "UP" if interface.is_up else "DOWN"
    zeros = "00:00:00:00:00:00"
    address = (
        f"loopback {zeros} brd {zeros}" if interface.is_loopback else f"ether {interface.mac} brd ff:ff:ff:ff:ff:ff"
    )
    return (
        f"{interface.index}: {interface.name}: <{','.join(flags)}> mtu {_mtu(interface)} qdisc "
        f"{'noqueue' if interface.is_loopback else 'pfifo_fast'} state {state} group default qlen 1000\n"
        f"    link/{address}\n"
    )


def _address(interface: Interface, options: list[str]) -> str:
    text, scope = _link(interface, options), "host" if interface.is_loopback else "global"
    forever = "       valid_lft forever preferred_lft forever\n"
    if interface.is_up and "-6" not in options:
        cast = "" if interface.is_loopback else f"brd {interface.broadcast} "
        text += f"    inet {interface.address}/{interface.prefix} {cast}scope {scope} {interface.name}\n{forever}"
    if interface.is_up and "-4" not in options:
        text += f"    inet6 {interface.address6} scope {'host' if interface.is_loopback else 'link'} \n{forever}"
    return text


def _route(interface: Interface, options: list[str]) -> str:
    if interface.is_loopback or not interface.is_up or "-6" in options:
        return ""
    return f"{interface.network} dev {interface.name} proto kernel scope link src {interface.address} \n"


def _neighbours(interface: Interface, options: list[str]) -> str:
    return ""


SHOWN = {"address": _address, "link": _link, "route": _route, "neighbour": _neighbours, "rule": _neighbours}
"""Objects of ``ip``, which may be abbreviated -> the text about an interface."""


def ping(call: Call) -> int:
    """``ping HOST``: only the phone itself answers."""
    names = [word for word in call.args if word and not word.startswith("-") and not word.isdecimal()]
    if not names:
        call.complain("usage: ping HOST\n")
        return 2
    if names[-1] not in ("localhost", "127.0.0.1", "::1"):
        dotted = names[-1].replace(".", "").isdecimal()
        call.complain("connect: Network is unreachable\n" if dotted else f"ping: unknown host {names[-1]}\n")
        return 2
    call.say(
        f"PING {names[-1]} (127.0.0.1) 56(84) bytes of data.\n"
        "64 bytes from 127.0.0.1: icmp_seq=1 ttl=64 time=0.050 ms\n"
        f"\n--- {names[-1]} ping statistics ---\n1 packets transmitted, 1 received, 0% packet loss, time 0ms\n"
    )
    return 0


CHAINS = ("INPUT", "FORWARD", "OUTPUT")
MAX_RULES = 200


def firewall(call: Call) -> int:
    """``iptables -A|-I|-D|-F|-S|-L [CHAIN] [RULE]``: rules are kept and listed; there is no traffic."""
    words = [word for word in call.args if word not in ("-w", "-n", "-v", "--wait")]
    rules: list[list[str]] = call.device.service(call.name).get("rules", [])
    rules = [list(rule) for rule in rules]
    if not words or words[0] not in ("-A", "-I", "-D", "-F", "-S", "-L"):
        return call.fail(f'unknown option "{words[0] if words else ""}"', 2)
    verb, chain, rest = words[0], "".join(words[1:2]), words[2:]
    if (chain or verb in ("-A", "-I", "-D")) and chain not in CHAINS:
        return call.fail("No chain/target/match by that name.")
    if verb in ("-S", "-L"):
        return _list_rules(call, verb, chain, rules)
    if verb == "-F":
        rules = [rule for rule in rules if chain and rule[0] != chain]
    elif verb == "-D":
        if [chain, *rest] not in rules:
            return call.fail("Bad rule (does a matching rule exist in that chain?).")
        rules.remove([chain, *rest])
    elif len(rules) >= MAX_RULES:
        return call.fail("Memory allocation problem.")
    else:
        rules.insert(0 if verb == "-I" else len(rules), [chain, *rest])
    call.device.set_service(call.name, {"rules": rules} if rules else {})
    return 0


def _list_rules(call: Call, verb: str, chain: str, rules: list[list[str]]) -> int:
    for name in CHAINS if not chain else (chain,):
        own = [" ".join(rule) for rule in rules if rule[0] == name]
        if verb == "-S":
            call.say(f"-P {name} ACCEPT\n" + "".join(f"-A {rule}\n" for rule in own))
        else:
            call.say(f"Chain {name} (policy ACCEPT)\n" + "".join(f"{rule.partition(' ')[2]}\n" for rule in own) + "\n")
    return 0


COMMANDS = {
    "ifconfig": configuration,
    "ip": ip,
    "ping": ping,
    "iptables": firewall,
    "ip6tables": firewall,
}
