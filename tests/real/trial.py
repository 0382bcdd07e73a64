"""Tries vahti against real software. Started by `run`, which installs what is needed.

    trial.py --vahti PROGRAM --folder EMPTY [--wordpress PACKAGE] [--flaskbb VENV]
"""

import argparse
import pathlib
import signal
import sys

import feeds
import forum
from ground import Board, Child, GivenUp, Vahti


def main():
    """Runs the trials asked for and returns the exit status."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--vahti", required=True)
    parser.add_argument("--folder", required=True, type=pathlib.Path)
    parser.add_argument("--wordpress")
    parser.add_argument("--flaskbb")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    board = Board()
    trials = []
    if given.wordpress:
        trials.append((feeds, given.wordpress))
    if given.flaskbb:
        trials.append((forum, given.flaskbb))
    try:
        for trial, program in trials:
            vahti = Vahti(given.vahti, given.folder / f"vahti-{trial.__name__}")
            try:
                trial.run(board, vahti, program, given.folder)
            except GivenUp as error:
                board.holds(f"the servers for {trial.__name__} start", False, error)
            finally:
                Child.stop_all()
    finally:
        Child.stop_all()
    print(f"\n{board.passed} passed, {board.failed} failed")
    return 1 if board.failed or not board.passed else 0


if __name__ == "__main__":
    sys.exit(main())
