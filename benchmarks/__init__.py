"""Figures for people: how long pages take, how many calls are made, how large things may get. Never a timed test."""

import warnings

warnings.filterwarnings("ignore", message="pkg_resources is deprecated")  # of what Pyramid imports, in every process
