"""``python -m core.cli``, the same as the command `ledgertab`."""

from core.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
