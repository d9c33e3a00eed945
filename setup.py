"""The distribution: what is installed, what it needs and where its plugins are found."""

from pathlib import Path

from setuptools import find_packages, setup

RUN = [
    "pyramid>=2.1,<2.2",
    "setuptools<82",  # Pyramid imports pkg_resources
    "pyramid_jinja2>=2.10,<3",
    "jinja2>=3.1,<4",
    "pyramid_tm>=2.6,<3",
    "pyramid_retry>=2.1,<3",
    "zope.sqlalchemy>=4.1,<5",
    "plaster_pastedeploy>=1,<2",
    "pluggy>=1.6,<2",
    "sqlalchemy>=2.1,<2.2",
    "alembic>=1.18,<2",
    "wtforms>=3.2,<4",
    "huey>=3.5,<4",
    "authlib>=1.9,<2",
    "httpx2>=2.16,<3",
    "msgspec>=0.20,<1",
    "cryptography>=46",
    "argon2-cffi>=25,<26",
    "zxcvbn>=4.5,<5",
    "limits>=5.8,<6",
    "pyramid_openapi3>=0.22,<0.23",
    "rapidfuzz>=3.14,<4",
    "babel>=2.17,<3",
    "tzdata",
    "joserfc>=1.8,<2",
    "django-js-lib-htmx>=2.0,<3",  # carries htmx as a file; needs no Django
    "waitress>=3,<4",
]
EXTRAS = {
    "postgresql": ["psycopg[binary]>=3.2,<4"],
    "redis": ["redis>=6,<9"],
    "production": ["gunicorn>=23"],
    "test": [
        "webtest>=3.0.7,<4",
        "pytest>=9,<10",
        "pytest-xdist>=3.8,<4",
        "hypothesis>=6.150,<7",
        "beautifulsoup4>=4.14,<5",
        "pyyaml>=6,<7",
        "jsonschema>=4.25,<5",
        "aiosmtpd>=1.4.6,<2",
    ],
    "check": [
        "ruff==0.17.6",
        "mypy==2.4.1",
        "types-PyYAML",
        "types-WTForms",
        "playwright>=1.60,<2",
        "axe-playwright-python>=0.1.7,<1",
        "xero-python>=15,<16",
        "schemathesis>=4.32,<5",
        "build>=1.3,<2",
    ],
}

setup(
    name="ledgertab",
    version="0.1.0",
    description="A small CRM that shows the books beside the relationship",
    long_description=Path(__file__).with_name("README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="MIT",
    python_requires=">=3.11",
    packages=find_packages(include=["core", "core.*", "plugins", "plugins.*"]),
    include_package_data=False,
    package_data={
        "core": [
            "py.typed",
            "static/**/*",
            "templates/**/*.jinja2",
            "migrations/*.py",
            "migrations/versions/*.py",
        ],
        "plugins.xero": [
            "templates/**/*.jinja2",
            "static/**/*",
            "sandbox/templates/*.jinja2",
            "migrations/versions/*.py",
            "README.md",
        ],
        "plugins.quickbooks_stub": ["templates/**/*.jinja2", "README.md"],
    },
    install_requires=RUN,
    extras_require=EXTRAS,
    entry_points={
        "paste.app_factory": ["main = core.app:main"],
        "paste.server_runner": ["server = core.server:run"],
        "console_scripts": ["ledgertab = core.cli:main"],
        "ledgertab.commands": ["xero-sandbox = plugins.xero.sandbox.command:main"],
        "ledgertab.demo": [
            "xero = plugins.xero.sandbox.command:demo",
            "quickbooks_stub = plugins.quickbooks_stub.demo:demo",
        ],
        "ledgertab.plugins": [
            "xero = plugins.xero.plugin",
            "quickbooks_stub = plugins.quickbooks_stub.plugin",
        ],
    },
    zip_safe=False,
)
