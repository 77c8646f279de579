"""``palaestra sandbox``: what this machine can do to confine model-written code."""

import sys


def sandbox(tier: str = "", clean: bool = False) -> None:
    """Try what this machine can do to confine model-written code, and print what each tier lacks.

    Args:
        tier: run a line of code in this tier, T0 to T3; a machine too weak for it is an error.
        clean: remove the temporary folders that sandboxes of ended processes left.
    """
    if clean:
        from palaestra.envs.tools.sandbox.clean import remove_orphans

        removed = remove_orphans()
        for path in removed:
            print(path)
        print(f"removed {len(removed)} folder{'s' * (len(removed) != 1)} of ended processes")
        return
    from palaestra.envs.tools.sandbox.probe import choose, probe, strongest
    from palaestra.envs.tools.sandbox.tiers import CLAIMS, Tier, lacks, parse_tier

    if tier:
        from palaestra.envs.tools.sandbox.run import Sandbox

        chosen = choose(parse_tier(tier))
        with Sandbox(chosen) as box:
            outcome = box.run("sum(range(10))")
        print(f"{chosen} runs code: 1 + … + 9 = {outcome.value or outcome.error or outcome.stop}")
        return
    found = probe()
    print(f"{found.system}, Landlock ABI {found.landlock or 'none'}")
    for name, reason in found.features.items():
        print(f"  {name:20} {reason or 'yes'}")
    for each in Tier:
        missing = found.missing(each)
        print(f"{each}: {'not on this machine: ' + missing if missing else 'available'}")
        for claim in lacks(each, sys.platform):
            print(f"  doesn't hold: {CLAIMS[claim]}")
    print(f"strongest without further programs: {strongest()}")
