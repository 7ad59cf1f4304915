"""python-novaclient, unmodified, against a simulated cloud: prints one JSON object of what it saw. argv: base URL."""

import json
import sys
import time

from keystoneauth1 import loading, session
from novaclient import client

base = sys.argv[1]
loader = loading.get_plugin_loader("password")
auth = loader.load_from_options(
    auth_url=base + "/v3",
    username="owner",
    password="password",
    project_id="829409",
    user_domain_id="default",
)
nova = client.Client("2.1", session=session.Session(auth=auth), region_name="ORD")
image = next(i for i in nova.glance.list() if "Ubuntu" in i.name and i.status == "active")
flavor = nova.flavors.find(name="1 GB Performance")
server = nova.servers.create("from-novaclient", image.id, flavor.id, meta={"a": "b"})
first = server.status
while server.status == "BUILD":
    time.sleep(0.1)
    server = nova.servers.get(server.id)
active = server.status
listed = [s.name for s in nova.servers.list(search_opts={"name": "^from-nova"})]
nova.servers.set_meta(server, {"c": "d"})
server.reboot(reboot_type="HARD")
keypair = nova.keypairs.create("from-novaclient")
nova.keypairs.delete(keypair)
shown = nova.servers.get(server.id)
server.delete()
print(
    json.dumps(
        {
            "first": first,
            "active": active,
            "listed": listed,
            "metadata": shown.metadata,
            "status": shown.status,
            "networks": sorted(shown.networks),
            "limits": {l.name: l.value for l in nova.limits.get().absolute if l.name == "maxPersonality"},
        }
    )
)
