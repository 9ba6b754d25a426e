"""The 34 provinces."""

from idp.register.provinces import provinces


def test_there_are_thirty_four_each_with_a_handful_of_communes() -> None:
    assert len(provinces()) == 34
    for code, province in provinces().items():
        assert (len(code), code.isdigit(), province.code) == (2, True, code)
        assert province.name.startswith(("Tỉnh ", "Thành phố "))
        assert 5 <= len(province.communes) <= 7


def test_no_two_communes_share_a_code() -> None:
    codes = [code for province in provinces().values() for code in province.communes]
    assert len(set(codes)) == len(codes)
    assert all(len(code) == 5 and code.isdigit() for code in codes)
