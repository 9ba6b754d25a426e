"""Whatever an address asks the error page for, it is an answer and no fault."""

from idp.web.error_catalogue import import_every_room, refusals
from idp.web.http_status import status_of
from tests.support.provider import Provider


def test_every_code_of_the_catalogue_can_be_asked_for(provider: Provider) -> None:
    import_every_room()
    known = refusals()
    told = {code: provider.get(f"/error?code={code}&reference=2222-2222") for code in known}
    assert {code: answer.status_code for code, answer in told.items()} == {
        code: status_of(refusal.kind) for code, refusal in known.items()
    }
    assert all(f'data-code="{code}"' in answer.text for code, answer in told.items())
