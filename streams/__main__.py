"""`python -m streams` is `labelquorum`."""

from streams.cli import main

if __name__ == "__main__":
    main(prog_name="labelquorum")
