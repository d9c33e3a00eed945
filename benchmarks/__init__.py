"""Figures for people: how long pages take, how many calls are made, how large things may get. Never a timed test."""
