"""The admin API: what staff do in the console, for programs, as JSON under /admin/api/v1.

A call brings an access token of this provider with a scope of its own (`admin.read`, `admin.act`); behind the token
stands a member of staff, a person who signed in with two factors today or a program with credentials of its own. From
there on the rules are the console's, by the same functions: role, province, purpose, record, four eyes.

Each operation is declared once (`operations`, `shapes`): its endpoint obeys the declaration and `openapi` describes it.
Not here: pages, and cookies; a browser's session opens nothing here.
"""
