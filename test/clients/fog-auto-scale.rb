# Everything that fog's auto_scale service can do, against a running `lutra serve --auth keystone` and its simulated identity.
# usage: ruby fog-auto-scale.rb IDENTITY_URL (ending in /v2.0)
require 'fog/rackspace'
require 'fog/rackspace/models/auto_scale/group_builder'

def check(what, holds)
  abort "fog: NOT #{what}" unless holds
  puts "fog: #{what}"
end

# Reads again and again, at most for 30 seconds, until the block holds.
def eventually(what)
  deadline = Process.clock_gettime(Process::CLOCK_MONOTONIC) + 30
  until yield
    abort "fog: NOT within 30 s: #{what}" if Process.clock_gettime(Process::CLOCK_MONOTONIC) > deadline
    sleep 0.2
  end
  puts "fog: #{what}"
end

identity = ARGV.fetch(0)
service = Fog::Rackspace::AutoScale.new(
  rackspace_username: 'owner', rackspace_api_key: 'owner-key', rackspace_auth_url: identity, rackspace_region: :ord
)

builder = Fog::Rackspace::AutoScale::GroupBuilder
group = builder.build(service,
                      min_entities: 1, max_entities: 4, cooldown: 0, name: 'fog', metadata: { 'made' => 'by fog' },
                      launch_config_type: :launch_server, server_name: 'web', image: '7cf5ffc3-7b20-46fd-98e4-fefa9908d7e8',
                      flavor: 'performance1-1', disk_config: 'AUTO', server_metadata: { 'a' => 'b' }, user_data: 'echo hello',
                      personality: [{ 'path' => '/etc/motd', 'contents' => ['hello'].pack('m0') }], config_drive: true,
                      networks: ['11111111-1111-1111-1111-111111111111'])
check 'a group is made', group.save && group.id
check 'it is listed', service.groups.map(&:id).include?(group.id)

found = service.groups.get(group.id)
check 'it is shown', found.links.first['rel'] == 'self'
check 'a group that is not there is nil', service.groups.get('00000000-0000-4000-8000-000000000000').nil?
check 'its configuration is shown', [found.group_config.name, found.group_config.max_entities] == ['fog', 4]
launch = found.launch_config
check 'its launch configuration is shown as it was sent', launch.args['server']['OS-DCF =>diskConfig'] == 'AUTO' && launch.args['server']['user_data'] == ['echo hello'].pack('m')
check 'its state is shown', found.state['desiredCapacity'] == 1
eventually('it has a server') { group.state['activeCapacity'] == 1 }

config = found.group_config
config.cooldown = 1
config.metadata = { 'changed' => 'yes' }
check 'its configuration is replaced', config.save
check 'and shown', service.get_group_config(group.id).body['groupConfiguration']['metadata'] == { 'changed' => 'yes' }
launch.args['server']['name'] = 'other'
check 'its launch configuration is replaced', launch.save
check 'and shown so', service.get_launch_config(group.id).body['launchConfiguration']['args']['server']['name'] == 'other'

policy = found.policies.create(name: 'up', type: 'webhook', cooldown: 0, change: 1)
percent = found.policies.create(name: 'percent', type: 'webhook', cooldown: 0, change_percent: 50)
desired = found.policies.create(name: 'two', type: 'webhook', cooldown: 0, desired_capacity: 2)
cron = found.policies.create(name: 'night', type: 'schedule', cooldown: 0, change: -1, args: { 'cron' => '0 2 * * *' })
at = found.policies.create(name: 'once', type: 'schedule', cooldown: 0, change: -1, args: { 'at' => '2099-01-01T00:00:00Z' })
check 'policies of all kinds are made', [policy, percent, desired, cron, at].all?(&:id)
check 'they are listed', found.policies.all.size == 5
check 'one is shown', found.policies.get(percent.id).change_percent == 50
# The models' own save expects a body in the answer, which a 204 never has: the requests below them do not.
service.update_policy(group.id, policy.id, { 'name' => 'up', 'type' => 'webhook', 'cooldown' => 0, 'change' => 2 })
check 'one is replaced', found.policies.get(policy.id).change == 2
check 'one is executed', policy.execute && group.state['desiredCapacity'] == 3
check 'a policy that is not there is nil', found.policies.get('13344').nil?

webhook = policy.webhooks.create(name: 'alarm', metadata: { 'a' => 'b' })
check 'a webhook is made', webhook.id && webhook.execution_url =~ %r{/v1\.0/execute/1/[0-9a-f]{64}/\z}
check 'it is listed', policy.webhooks.all.map(&:name) == ['alarm']
check 'it is shown', policy.webhooks.get(webhook.id).metadata == { 'a' => 'b' }
service.update_webhook(group.id, policy.id, webhook.id, { 'name' => 'renamed', 'metadata' => {} })
check 'it is replaced', policy.webhooks.get(webhook.id).name == 'renamed'
sleep 1.1 # the cooldown of the group
_, version, hash = webhook.execution_url.match(%r{/execute/(\d+)/(\h+)/}).to_a
check 'its capability is executed', service.execute_anonymous_webhook(version, hash).status == 202
check 'and has its effect', group.state['desiredCapacity'] == 4

check 'a webhook is deleted', webhook.destroy && policy.webhooks.get(webhook.id).nil?
check 'a policy is deleted', [policy, percent, desired, cron, at].all?(&:destroy) && found.policies.all.empty?

begin
  service.create_group({}, {}, [])
  check 'a wrong body is refused', false
rescue Fog::Rackspace::AutoScale::BadRequest => error
  check 'a wrong body is refused with an id', error.status_code == 400
end
begin
  group.destroy
  check 'a group with servers is not deleted', false
rescue Fog::Rackspace::AutoScale::ServiceError => error
  check 'a group with servers is not deleted', error.status_code == 403
end
config.min_entities = 0
config.max_entities = 0
check 'it is emptied', config.save
eventually('its servers are gone') { group.state['activeCapacity'].zero? }
check 'and it is deleted', group.destroy && service.groups.get(group.id).nil?
puts 'fog: done'
