"""The pages of notes, tasks and timelines, and the start page."""
