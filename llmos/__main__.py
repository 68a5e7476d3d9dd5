"""`python -m llmos` is the command `llmos`; knows no command itself."""

from llmos.cli.__main__ import main

if __name__ == "__main__":
    main()
