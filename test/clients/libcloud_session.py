"""apache-libcloud's Rackspace drivers, unmodified, against a simulated cloud: prints one JSON object. argv: base URL."""

import json
import sys
import time

from libcloud.compute.providers import get_driver as get_compute_driver
from libcloud.compute.types import Provider as Compute
from libcloud.loadbalancer.base import Algorithm, Member
from libcloud.loadbalancer.providers import get_driver as get_balancer_driver
from libcloud.loadbalancer.types import Provider as Balancer
from libcloud.loadbalancer.types import State

base = sys.argv[1]
options = {"ex_force_auth_url": base, "ex_force_auth_version": "2.0_password"}
compute = get_compute_driver(Compute.RACKSPACE)("owner", "password", region="ord", **options)
sizes = {s.id: s for s in compute.list_sizes()}
image = next(i for i in compute.list_images() if "Debian" in i.name)
node = compute.create_node(name="from-libcloud", size=sizes["2"], image=image)
password = bool(node.extra.get("password"))
[(node, addresses)] = compute.wait_until_running([node], wait_period=0.2, timeout=30, ssh_interface="private_ips")
listed = "from-libcloud" in [n.name for n in compute.list_nodes()]

balancers = get_balancer_driver(Balancer.RACKSPACE)("owner", "password", region="ord", **options)
protocols = balancers.list_protocols()
balancer = balancers.create_balancer(
    name="from-libcloud", port=80, protocol="http", algorithm=Algorithm.ROUND_ROBIN, members=[Member(None, addresses[0], 80)]
)


def until_running(balancer):
    while balancer.state != State.RUNNING:
        time.sleep(0.1)
        balancer = balancers.get_balancer(balancer_id=balancer.id)
    return balancer


balancer = until_running(balancer)
balancer.attach_member(Member(None, "10.200.0.1", 8080))
balancer = until_running(balancers.get_balancer(balancer_id=balancer.id))
members = [(m.ip, m.port) for m in balancers.balancer_list_members(balancer)]
detached = balancer.detach_member(balancers.balancer_list_members(balancer)[0])
until_running(balancers.get_balancer(balancer_id=balancer.id))
destroyed = balancer.destroy()
print(
    json.dumps(
        {
            "password": password,
            "listed": listed,
            "address": addresses[0],
            "protocols": "http" in protocols,
            "members": members,
            "detached": detached,
            "destroyed": destroyed,
            "deleted": compute.destroy_node(node),
        }
    )
)
