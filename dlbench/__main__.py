"""`python -m dlbench` is the `dlbench` command."""

from dlbench.cli import main

if __name__ == "__main__":
    main()
