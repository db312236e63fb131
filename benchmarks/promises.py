"""What a benchmark promises, a line each."""

_kept = []


def promise(name, measured, floor, ok):
    """Print whether what was measured keeps what is promised."""
    _kept.append(ok)
    print(
        f"promise: {name} measured {measured} floor {floor} {'ok' if ok else 'short'}",
        flush=True,
    )


def exit_code():
    """Return 0 if all promises are kept."""
    return int(not all(_kept))
