"""The `dlbench` command, also as `python -m dlbench`.

All imports stand inside the guard: Ctrl-C during one of them ends with a sentence too.
"""

import sys


def main() -> None:
    """Run the command line; an interrupt ends in one sentence and exit code 130."""
    try:
        from dlbench import cli

        cli.main()
    except KeyboardInterrupt:
        from dlbench.errors import EXIT_INTERRUPTED

        print("dlbench: Interrupted.", file=sys.stderr)
        sys.exit(EXIT_INTERRUPTED)


if __name__ == "__main__":
    main()
