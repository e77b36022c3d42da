from tests.staff.stage import Stage
def test_x(client, stage: Stage):
    for a in (stage.index, stage.record("main"), stage.record("unpaid"), stage.record("expired")):
        r = client.get(a)
        assert r.status_code == 200, r.content.decode()[:2000]
    open("/tmp/page.html","w").write(client.get(stage.index).content.decode())
