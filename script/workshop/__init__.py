"""The workshop: what stands behind the commands in `script/`, with the standard library alone.

`commands/` holds one module per command. Below it: `interpreter`, `packages`, `browser_libraries` and
`catalogues` prepare the folder; `postgres` and `broker` are the embedded servers, `lease` says who still uses
them, `services` starts what a command needs; `environment` is what Django is told; `supervisor` keeps the
processes of a server alive. A failure that a person can mend is a `Trouble`: one clear sentence, never a
traceback.
"""
