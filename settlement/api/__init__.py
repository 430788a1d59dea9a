"""The API's endpoints about whose money it is and when it leaves."""
