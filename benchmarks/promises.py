"""The promises that benchmarks check, printed one a line."""

_kept = []


def promise(name, measured, floor, ok):
    """Print whether a measurement keeps its promise."""
    _kept.append(ok)
    print(
        f"promise: {name} measured {measured} floor {floor} {'ok' if ok else 'short'}",
        flush=True,
    )


def exit_code():
    """Return 0 if all promises are kept, else 1."""
    return int(not all(_kept))
