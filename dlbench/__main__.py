"""The `dlbench` command, also as `python -m dlbench`.

All imports stand inside the guard: Ctrl-C during one of them ends with a sentence too.
"""

import sys

# The exit code of an interrupt, as in errors.py, which may not be imported yet.
INTERRUPTED = 130


def main() -> None:
    """Run the command line; an interrupt ends in one sentence and exit code 130."""
    code: object = None
    try:
        from dlbench import cli, streams

        streams.prepare()
        cli.main()
    except KeyboardInterrupt:
        print("dlbench: Interrupted.", file=sys.stderr)
        code = INTERRUPTED
    except SystemExit as end:
        code = end.code
    if code == INTERRUPTED:
        _end_undisturbed()
    raise SystemExit(code)


def _end_undisturbed() -> None:
    """Ignore a second signal from here on: it would change the exit code of what has ended."""
    import signal

    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if number := getattr(signal, name, None):
            signal.signal(number, signal.SIG_IGN)


if __name__ == "__main__":
    main()
