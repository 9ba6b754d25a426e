"""Trying out a portal before people use it: a pretend provider for each run, and a robot that goes through it.

A **run** has an issuer of its own, `IDP_ISSUER/portal-tests/NAME`, for two hours, with keys and a person that are made
for it. Whatever is wrong with an answer on purpose is wrong there: no fault is ever put into the real endpoints, no
account, session or signing key is touched, and nothing that a run issues is worth anything elsewhere. The portal is
pointed at that issuer: by third-party-initiated login (`iss`, OpenID Connect Core §4), or in its own configuration.

The **robot** is a browser without a person (`browser`). It calls the portal through `idp.outbound` and nothing else,
goes only to hosts that the portal registered, and is bounded in count, size and time: a portal under test is not
trusted. The pretend provider's authorization endpoint is the one thing that answers nobody over HTTP: the robot knows
where it ends (`desk`), so there is no page on which anybody could be asked for a password, and no secret that would
let a stranger be the robot. Whoever comes there sees an explanation.

Each **step** does one thing wrong, or right, and judges by what the portal does: was the code redeemed, is somebody
signed in there afterwards (`judging`). What is found is kept as codes and figures, in both languages only when it is
shown (`report`); no token, secret or text of the portal is in it. `going_live` says when a portal may be put live.

Several workers serve one run: all that the pretend provider knows stands in the run's row, and each change of it is one
statement. Not here: the console's pages (idp.admin links here), the real protocol (idp.protocol; nothing of it is used,
so that a fault of ours there cannot hide behind itself here).
"""
