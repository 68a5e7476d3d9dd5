"""The cockpit: a page for whoever operates a robot, and what that page asks of the service.

`cockpit(service)` is the router to include; it declares its own paths below `/cockpit`. Who may use a path, and from
which pages, is settled by the service's guard before anything here is reached.
"""

from llmos.server.cockpit.router import cockpit

__all__ = ["cockpit"]
