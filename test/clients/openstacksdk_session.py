"""openstacksdk, unmodified, against a simulated cloud: prints one JSON object of what it saw. argv: base URL."""

import json
import sys

import openstack

cloud = openstack.connection.Connection(
    auth_type="password",
    auth={
        "auth_url": sys.argv[1] + "/v3",
        "username": "owner",
        "password": "password",
        "project_id": "829409",
        "user_domain_id": "default",
    },
    region_name="ORD",
    identity_api_version="3",
)
images = [i.name for i in cloud.compute.images()]
image = next(i for i in cloud.image.images() if "CentOS" in i.name)
flavor = cloud.compute.find_flavor("general1-1")
server = cloud.compute.create_server(
    name="from-openstacksdk", image_id=image.id, flavor_id=flavor.id, networks=[{"uuid": "11111111-1111-1111-1111-111111111111"}]
)
first = cloud.compute.get_server(server.id).status
server = cloud.compute.wait_for_server(server, interval=0.2, wait=30)
listed = [s.name for s in cloud.compute.servers(name="from-openstacksdk")]
shown = cloud.compute.get_server(server.id)
cloud.compute.set_server_metadata(server, c="d")
cloud.compute.delete_server(server)
cloud.compute.wait_for_delete(server, interval=0.2, wait=30)
left = "from-openstacksdk" in [s.name for s in cloud.compute.servers()]
print(
    json.dumps(
        {
            "images": len(images),
            "first": first,
            "active": server.status,
            "listed": listed,
            "networks": sorted(shown.addresses),
            "left": left,
        }
    )
)
