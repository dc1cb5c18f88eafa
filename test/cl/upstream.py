"""Runs modules of CodaLab's own tests/cli/test_cli.py, from a checkout of codalab-worksheets, against a platform.

    ADDRESS=http://127.0.0.1:8000 ADMIN=admin ADMIN_PASSWORD=... IMAGE=... python test/cl/upstream.py CHECKOUT MODULE...

Run it with a Python 3.9 in which codalab 1.7.5 is installed. The tests want an administrator called `codalab`, and make people by
writing into the reference's database: here both are made through the platform's API. Passwords have at least eight
characters here, and usernames at most fifteen, so theirs are replaced. Runs use IMAGE, which has `python`, in place of one that
only a registry has.
"""
import json
import os
import sys
import types
import urllib.error
import urllib.request

ADDRESS = os.environ["ADDRESS"]
IMAGE = os.environ["IMAGE"]
PASSWORD = "codalab-codalab"


def ask(method, path, body, token=None):
    request = urllib.request.Request(ADDRESS + path, json.dumps(body).encode(), method=method)
    request.add_header("Content-Type", "application/json")
    if token:
        request.add_header("Authorization", "Token " + token)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def admin_token():
    login = {"username": os.environ["ADMIN"], "password": os.environ["ADMIN_PASSWORD"]}
    return ask("POST", "/api/api-token-auth/", login)["token"]


def make_user(username, **changes):
    token = admin_token()
    try:
        account = {"username": username, "email": username + "@example.org", "password": PASSWORD}
        user = ask("POST", "/api/users/", account, token)
    except urllib.error.HTTPError as error:
        if b'"TAKEN"' not in (error.read() if error.code in (400, 409) else b""):
            raise
        return
    if changes:
        ask("PATCH", "/api/admin/users/%d/" % user["id"], changes, token)


def size(text):
    units = {"k": 1024, "m": 1024 ** 2, "g": 1024 ** 3, "t": 1024 ** 4}
    return int(text[:-1]) * units[text[-1]] if text[-1] in units else int(text)


def create_user(context, username, password=PASSWORD, disk_quota="100g"):
    make_user(username, storage_quota_bytes=size(disk_quota))
    context.collect_user(username)


def replace_image():
    """Lets runs use IMAGE in place of theirs, which a registry has."""
    from scripts import test_util

    run_command = test_util.run_command
    test_util.run_command = lambda args, *rest, **options: run_command(
        [IMAGE if arg == "python:3.6.10-slim-buster" else arg for arg in args], *rest, **options
    )


def load(checkout):
    path = os.path.join(checkout, "tests", "cli", "test_cli.py")
    with open(path, encoding="utf-8") as file:
        source = file.read()
    source = source.replace("password='codalab'", "password=%r" % PASSWORD)
    source = source.replace("'temp-test-cli-'", "'t-cli-'").replace("'non_root_user_'", "'u'")
    source = source.replace("'CODALAB_PASSWORD': 'codalab'", "'CODALAB_PASSWORD': %r" % PASSWORD)
    source = source.replace('"password": \'codalab\'', '"password": %r' % PASSWORD)
    source = source.replace("f'competitiond-{random_name()}'", "f'c{random_name()}'")
    # The server of a newer Python needs more memory than that of the image that IMAGE replaces.
    source = source.replace(
        "python -m http.server'], request_memory=\"10m\"", "python -m http.server'], request_memory=\"64m\""
    )
    sys.path.insert(0, checkout)
    replace_image()
    module = types.ModuleType("test_cli")
    module.__file__ = path
    exec(compile(source, path, "exec"), module.__dict__)
    module.create_user = create_user
    return module


def main():
    checkout, *modules = sys.argv[1:]
    make_user("codalab", is_superuser=True)
    # The clean-up deletes people from the reference's database.
    os.environ.update(CI="true", CODALAB_USERNAME="codalab", CODALAB_PASSWORD=PASSWORD)
    tests = load(checkout)
    tests.cl = "cl"
    tests.cl_version = "latest"
    tests.cl_worker_manager = "cl-worker-manager"
    sys.exit(0 if tests.TestModule.run(modules, ADDRESS, ADDRESS) else 1)


if __name__ == "__main__":
    main()
