"""What every test run has, wherever it starts: databases to copy, and the closing line that says what was left out."""

pytest_plugins = ["tests.shared", "tests.databases", "tests.left_out"]
