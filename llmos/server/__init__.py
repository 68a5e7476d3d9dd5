"""The service: REST, WebSocket and the cockpit in the browser; knows boot, and nothing of the command line."""
