"""Tries to reach what a program without a network must not reach. Its score is how much it reached."""
import json
import os
import socket
import sys

socket.setdefaulttimeout(5)


def connects(host, port):
    return lambda: socket.create_connection((host, port)).close()


def resolves(name):
    return lambda: socket.getaddrinfo(name, 443)


attempts = {
    "the internet (1.1.1.1:443)": connects("1.1.1.1", 443),
    "a DNS server of the internet (8.8.8.8:53)": connects("8.8.8.8", 53),
    "the metadata of a host (169.254.169.254:80)": connects("169.254.169.254", 80),
    "the address of a name of the internet (example.org)": resolves("example.org"),
    "the address of a service of AWS (sts.amazonaws.com)": resolves("sts.amazonaws.com"),
}
reached = 0
for what, attempt in attempts.items():
    try:
        attempt()
        reached += 1
        print("REACHED", what)
    except OSError as error:
        print("not reached:", what, f"({error})")
credentials = [name for name in os.environ if "AWS_CONTAINER_CREDENTIALS" in name or "AWS_SECRET" in name]
if credentials:
    reached += 1
    print("REACHED credentials:", ", ".join(credentials))
with open(os.path.join(sys.argv[1], "scores.json"), "w") as file:
    json.dump({"reached": reached}, file)
