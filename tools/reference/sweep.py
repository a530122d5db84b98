"""The cases: `python3 tools/reference/sweep.py` rewrites the committed fixtures, `--all DIR` writes every case.

`--only TEXT` keeps the cases whose name contains TEXT. Each case is a directory; see README.md for its files.
"""
import argparse
import os

import torch

import cases
from models import randomize
from step import write_case

HERE = os.path.dirname(os.path.abspath(__file__))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", metavar="DIR", help="write every case under DIR")
    parser.add_argument("--only", default="", help="keep the cases whose name contains this text")
    options = parser.parse_args()
    torch.set_num_threads(1)
    root = options.all or os.path.join(HERE, "fixtures")
    for case in cases.CASES:
        name = case["name"]
        if options.only not in name or not (options.all or case["committed"]):
            continue
        model = randomize(case["model"](), case["seed"], case["plain"], case["twins"])
        args = write_case(os.path.join(root, name), model, case["method"], **case["how"])
        print(name, *(f"{n} {r}" for n, r in args["illConditioned"].items()))


if __name__ == "__main__":
    main()
