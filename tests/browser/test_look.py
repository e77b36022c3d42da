from tests.browser.conftest import PHONE, shoot
def test_shots(open_page, stage):
    for name, path in (("index", stage.index), ("record", stage.record("main")), ("record-unpaid", stage.record("unpaid"))):
        shoot(open_page(path), name)
        shoot(open_page(path, dark=True), name+"-dark")
        shoot(open_page(path, size=PHONE), name+"-phone")
    p=open_page(stage.record("main"), size={"width":1440,"height":1500}); shoot(p,"record-full")
    p.locator("a.assoc__row").last.click(); p.set_viewport_size({"width":1440,"height":1100}); shoot(p,"invoice")
    p=open_page("/sign-in"); shoot(p,"sign-in")
