# The alerts: what is wrong, how one sees it, and what to do. Each comes with series under which it
# fires and series under which it keeps quiet, for `promtool test rules`.

# expr is `value op bound`, and then a guard; the tests look at the value alone, too.
ALERTS = [
    {"alert": "FleetGone", "severity": "warning", "for": "30s",
     "value": 'up{job="fleet"}', "op": "<", "bound": "1",
     "guard": 'and max_over_time(up{job="fleet"}[1h]) == 1',
     "summary": "{{ $labels.instance }} does not answer any more",
     "text": """Nobody answers where a run or a twin should serve its metrics.
     Look: is the process there (fleet run, fleet cloud serve), and what did it print last?
     Do: nothing, if the run has ended. Else start it again with the seed that it printed.""",
     "fires": {'up{job="fleet", instance="a"}': "1x40 0x40"},
     "quiet": {'up{job="fleet", instance="a"}': "0x80"}},
    {"alert": "FleetGeneratorBehind", "severity": "critical", "for": "30s",
     "value": "sum by (instance) (rate(fleet_sends_late_total[1m])) / "
              "sum by (instance) (rate(fleet_messages_published_total[1m]))",
     "op": ">", "bound": "0.01",
     "summary": "{{ $labels.instance }} sends over 1 % of its reports late",
     "text": """The generator is the limit: reports leave over 100 ms after they were due.
     Look: soak and resources, loop lag and processors; another program on the machine?
     Do: fewer devices or longer intervals, more cores, or more processes. Do not trust the
     latencies of this run.""",
     "fires": {'fleet_sends_late_total{instance="a"}': "0+300x80",
               'fleet_messages_published_total{instance="a", qos="1"}': "0+1500x80"},
     "quiet": {'fleet_sends_late_total{instance="a"}': "0x80",
               'fleet_messages_published_total{instance="a", qos="1"}': "0+1500x80"}},
    {"alert": "FleetHomeLagging", "severity": "warning", "for": "30s",
     "value": "histogram_quantile(0.99, sum by (instance, home, le) "
              "(rate(fleet_home_loop_lag_seconds_bucket[1m])))",
     "op": ">", "bound": "0.1",
     "summary": "home {{ $labels.home }} of {{ $labels.instance }} takes over 100 ms for a turn",
     "text": """What is handed to this home waits: its thread is saturated, or was not scheduled.
     Look: soak and resources, loop lag by home; `twin` is the embedded twin's.
     Do: for the twin's home, run fleet cloud serve beside the run; for others as for
     FleetGeneratorBehind.""",
     "fires": {'fleet_home_loop_lag_seconds_bucket{instance="a", home="0", le="0.1"}': "0x80",
               'fleet_home_loop_lag_seconds_bucket{instance="a", home="0", le="0.25"}': "0+150x80",
               'fleet_home_loop_lag_seconds_bucket{instance="a", home="0", le="+Inf"}':
               "0+150x80"},
     "quiet": {'fleet_home_loop_lag_seconds_bucket{instance="a", home="0", le="0.1"}': "0+150x80",
               'fleet_home_loop_lag_seconds_bucket{instance="a", home="0", le="0.25"}':
               "0+150x80",
               'fleet_home_loop_lag_seconds_bucket{instance="a", home="0", le="+Inf"}':
               "0+150x80"}},
    {"alert": "FleetWorkersAway", "severity": "warning", "for": "10s",
     "value": 'sum by (instance) (fleet_workers{state=~"unheard|lost"})',
     "op": ">", "bound": "0",
     "summary": "workers of {{ $labels.instance }} are away",
     "text": """Of a run of several processes some are cut off, or lost for good.
     Look: what the coordinator printed of them; what they print themselves; their machines.
     Do: nothing, where others have taken their devices over (FleetDevicesMissing keeps quiet).
     Else start workers that join: they are spares, and get them.""",
     "fires": {'fleet_workers{instance="a", state="unheard"}': "1x80",
               'fleet_workers{instance="a", state="working"}': "3x80"},
     "quiet": {'fleet_workers{instance="a", state="unheard"}': "0x80",
               'fleet_workers{instance="a", state="working"}': "4x80"}},
    {"alert": "FleetDevicesMissing", "severity": "critical", "for": "1m",
     "value": '1 - sum by (instance) (fleet_devices{phase="online"}) '
              "/ sum by (instance) (fleet_devices_wanted)",
     "op": ">", "bound": "0.02",
     "guard": "unless on (instance) max by (instance) (fleet_fault_active) == 1",
     "summary": "over 2 % of the devices of {{ $labels.instance }} are not online",
     "text": """Devices that the load has on are away for a minute, and no fault is in force.
     Look: overview, outcomes of connections; the run's own line of troubles names one device.
     Do: by the outcome: refused_credentials is a file of credentials that does not fit the
     target, connection_refused and timed_out are the target's, exhausted is a limit of this
     machine.""",
     "fires": {'fleet_devices{instance="a", phase="online"}': "900x80",
               'fleet_devices_wanted{instance="a"}': "1000x80"},
     "quiet": {'fleet_devices{instance="a", phase="online"}': "900x80",
               'fleet_devices_wanted{instance="a"}': "1000x80",
               'fleet_fault_active{instance="a", fault="storm"}': "1x80"}},
    {"alert": "FleetConnectionsLost", "severity": "warning", "for": "30s",
     "value": "sum by (instance) (rate(fleet_disconnects_unplanned_total[1m])) "
              "/ sum by (instance) (fleet_devices_requested)",
     "op": ">", "bound": "0.01",
     "guard": "unless on (instance) max by (instance) (fleet_fault_active) == 1",
     "summary": "{{ $labels.instance }} loses over 1 % of its connections a second",
     "text": """Online devices are thrown off again and again, and no fault is in force.
     Look: faults and recovery, why connections end; of a twin, its own reasons.
     Do: keep_alive_lost: the target or the way to it stalls. closed_by_peer: the target restarts,
     or two fleets share their credentials.""",
     "fires": {'fleet_disconnects_unplanned_total{instance="a"}': "0+300x80",
               'fleet_devices_requested{instance="a"}': "1000x80"},
     "quiet": {'fleet_disconnects_unplanned_total{instance="a"}': "0+3x80",
               'fleet_devices_requested{instance="a"}': "1000x80"}},
    {"alert": "FleetAttemptsFail", "severity": "warning", "for": "1m",
     "value": '1 - sum by (instance) (rate(fleet_connects_total{outcome="accepted"}[1m])) '
              "/ sum by (instance) (rate(fleet_connect_attempts_total[1m]))",
     "op": ">", "bound": "0.2",
     "guard": "unless on (instance) max by (instance) (fleet_fault_active) == 1",
     "summary": "over a fifth of the attempts of {{ $labels.instance }} to get online fail",
     "text": """Attempts begin and do not end in a session, and no fault is in force.
     Look: overview, outcomes of connections.
     Do: as for FleetDevicesMissing.""",
     "fires": {'fleet_connects_total{instance="a", outcome="accepted"}': "0+15x80",
               'fleet_connect_attempts_total{instance="a"}': "0+150x80"},
     "quiet": {'fleet_connects_total{instance="a", outcome="accepted"}': "0+150x80",
               'fleet_connect_attempts_total{instance="a"}': "0+150x80"}},
    {"alert": "FleetAcksSlow", "severity": "warning", "for": "1m",
     "value": "histogram_quantile(0.99, sum by (instance, protocol, le) "
              "(rate(fleet_publish_ack_duration_seconds_bucket[1m])))",
     "op": ">", "bound": "2",
     "summary": "one in a hundred {{ $labels.protocol }} reports of {{ $labels.instance }} waits "
                "over 2 s for its acknowledgement",
     "text": """Counted from when a report was due.
     Look: is FleetGeneratorBehind firing too? Then it is this machine. Else protocols and
     latency: one protocol or all, and since when.
     Do: find what the target does then; its own CPU, its disk, its broker's queues.""",
     "fires": {'fleet_publish_ack_duration_seconds_bucket{instance="a", protocol="mqtt", le="2.5"}':
               "0x80",
               'fleet_publish_ack_duration_seconds_bucket{instance="a", protocol="mqtt", le="5"}':
               "0+150x80",
               'fleet_publish_ack_duration_seconds_bucket{instance="a", protocol="mqtt", '
               'le="+Inf"}': "0+150x80"},
     "quiet": {'fleet_publish_ack_duration_seconds_bucket{instance="a", protocol="mqtt", le="1"}':
               "0+150x80",
               'fleet_publish_ack_duration_seconds_bucket{instance="a", protocol="mqtt", '
               'le="+Inf"}': "0+150x80"}},
    {"alert": "FleetAcksMissing", "severity": "critical", "for": "1m",
     "value": "sum by (instance) (fleet_messages_in_flight) "
              "/ sum by (instance) (fleet_devices_requested)",
     "op": ">", "bound": "2",
     "guard": "unless on (instance) max by (instance) (fleet_fault_active) == 1",
     "summary": "devices of {{ $labels.instance }} wait for over two acknowledgements each",
     "text": """The target takes reports and does not acknowledge them.
     Look: overview, uplink: does acknowledged fall away from published? Which product?
     Do: find what the target waits for before it acknowledges: a store that is full or slow.""",
     "fires": {'fleet_messages_in_flight{instance="a", product="p"}': "3000x80",
               'fleet_devices_requested{instance="a"}': "1000x80"},
     "quiet": {'fleet_messages_in_flight{instance="a", product="p"}': "30x80",
               'fleet_devices_requested{instance="a"}': "1000x80"}},
    {"alert": "FleetReportsNotSent", "severity": "warning", "for": "1m",
     "value": "sum by (instance) (rate(fleet_messages_skipped_total[1m])) "
              "/ (sum by (instance) (rate(fleet_messages_skipped_total[1m])) "
              "+ sum by (instance) (rate(fleet_messages_published_total[1m])))",
     "op": ">", "bound": "0.05",
     "guard": "unless on (instance) max by (instance) (fleet_fault_active) == 1",
     "summary": "over 5 % of the reports of {{ $labels.instance }} that were due are not sent",
     "text": """Devices skip reports: offline, window full, memory full, too large.
     Look: overview, not sent, by reason.
     Do: offline: see FleetDevicesMissing. window: see FleetAcksMissing. memory, too_large: the
     product's board has too little RAM for these reports.""",
     "fires": {'fleet_messages_skipped_total{instance="a", reason="window"}': "0+150x80",
               'fleet_messages_published_total{instance="a", qos="1"}': "0+1500x80"},
     "quiet": {'fleet_messages_skipped_total{instance="a", reason="window"}': "0+15x80",
               'fleet_messages_published_total{instance="a", qos="1"}': "0+1500x80"}},
    {"alert": "FleetRepliesBad", "severity": "warning", "for": "30s",
     "value": 'sum by (instance) (rate(fleet_replies_total{result="error"}[1m])) '
              "/ sum by (instance) (rate(fleet_replies_total[1m]))",
     "op": ">", "bound": "0.01",
     "summary": "the cloud refuses over 1 % of the reports of {{ $labels.instance }}",
     "text": """Reports arrive, and the platform's own logic answers with an error.
     Look: the run's report names the codes; protocols and latency, replies.
     Do: compare the thing model on the platform with the scenario's (`model:`).""",
     "fires": {'fleet_replies_total{instance="a", result="error"}': "0+15x80",
               'fleet_replies_total{instance="a", result="ok"}': "0+150x80"},
     "quiet": {'fleet_replies_total{instance="a", result="error"}': "0x80",
               'fleet_replies_total{instance="a", result="ok"}': "0+150x80"}},
    {"alert": "FleetDevicesGivenUp", "severity": "critical", "for": "0s",
     "value": "fleet_devices_abandoned_total", "op": ">", "bound": "0",
     "summary": "{{ $labels.instance }} has given up devices that crashed again and again",
     "text": """A device's own code failed more often than its supervisor restarts it.
     Look: the run's report has the device's last events.
     Do: without actor_crash ordered this is a bug of fleet: repeat the run with its seed.""",
     "fires": {'fleet_devices_abandoned_total{instance="a"}': "0x40 1x40"},
     "quiet": {'fleet_devices_abandoned_total{instance="a"}': "0x80"}},
    {"alert": "FleetCorruption", "severity": "critical", "for": "0s",
     "value": "sum by (instance, direction) (increase(fleet_ledger_corrupted_total[5m]))",
     "op": ">", "bound": "0",
     "guard": "unless on (instance) max by (instance) "
              '(fleet_fault_active{effect="corruption"}) == 1',
     "summary": "{{ $labels.direction }} messages of {{ $labels.instance }} arrive changed",
     "text": """A message arrived whose tag of the ledger does not fit it.
     Look: does it come with TLS too? Then it is not the network.
     Do: capture on both sides; something between device and business logic rewrites payloads.""",
     "fires": {'fleet_ledger_corrupted_total{instance="a", direction="uplink"}': "0x60 3x20"},
     "quiet": {'fleet_ledger_corrupted_total{instance="a", direction="uplink"}': "3x80"}},
    {"alert": "FleetUpdatesFail", "severity": "critical", "for": "0s",
     "value": 'sum by (instance) (increase(fleet_updates_total{result!="succeeded"}[5m])) '
              "/ sum by (instance) (increase(fleet_updates_total[5m]))",
     "op": ">", "bound": "0.05",
     "summary": "over 5 % of the updates of {{ $labels.instance }} fail",
     "text": """Devices end updates without the new version.
     Look: OTA rollout, updates that ended: verification_failed is the image or its digest,
     download_failed the server, fell_back an image that does not start.
     Do: halt the rollout (fleet cloud campaign halt) before the next wave.""",
     "fires": {'fleet_updates_total{instance="a", result="fell_back"}': "0+3x80",
               'fleet_updates_total{instance="a", result="succeeded"}': "0+15x80"},
     "quiet": {'fleet_updates_total{instance="a", result="fell_back"}': "0x80",
               'fleet_updates_total{instance="a", result="succeeded"}': "0+15x80"}},
    {"alert": "FleetDevicesDead", "severity": "critical", "for": "0s",
     "value": "sum by (instance, product) (fleet_dead_devices)", "op": ">", "bound": "0",
     "summary": "boards of {{ $labels.product }} find no image that starts",
     "text": """Bricked: neither slot holds an image that the boot loader takes.
     Look: OTA rollout, steps: power_lost while writing? A fault on flash?
     Do: this is what the rehearsal is for. A device in the field would have to be fetched.""",
     "fires": {'fleet_dead_devices{instance="a", product="p"}': "0x40 2x40"},
     "quiet": {'fleet_dead_devices{instance="a", product="p"}': "0x80"}},
    {"alert": "FleetShadowsBehind", "severity": "warning", "for": "1m",
     "value": "sum by (instance) (fleet_shadows_waiting) "
              '/ sum by (instance) (fleet_devices{phase="online"})',
     "op": ">", "bound": "0.1",
     "summary": "over a tenth of the devices of {{ $labels.instance }} have not done what their "
                "shadow asks",
     "text": """Desired parts of shadows stay, though their devices are online.
     Look: protocols and latency, shadows: does converged follow?
     Do: fewer changes a second, or find what keeps downlinks from the devices.""",
     "fires": {'fleet_shadows_waiting{instance="a"}': "300x80",
               'fleet_devices{instance="a", phase="online"}': "1000x80"},
     "quiet": {'fleet_shadows_waiting{instance="a"}': "3x80",
               'fleet_devices{instance="a", phase="online"}': "1000x80"}},
    {"alert": "FleetTwinStoreFails", "severity": "critical", "for": "0s",
     "value": 'increase(fleet_twin_commits_total{result="failed"}[5m])', "op": ">", "bound": "0",
     "summary": "the twin of {{ $labels.instance }} cannot write its store",
     "text": """It acknowledges nothing until it can: devices wait, and send again.
     Look: the disk under --data; the twin's own messages.
     Do: make room. What was acknowledged is safe.""",
     "fires": {'fleet_twin_commits_total{instance="a", result="failed"}': "0x60 5x20"},
     "quiet": {'fleet_twin_commits_total{instance="a", result="failed"}': "5x80"}},
    {"alert": "FleetTwinDrops", "severity": "warning", "for": "30s",
     "value": "sum by (instance, reason) "
              '(rate(fleet_twin_messages_dropped_total{reason!="away"}[1m]))',
     "op": ">", "bound": "0",
     "summary": "the twin of {{ $labels.instance }} drops messages to devices "
                "({{ $labels.reason }})",
     "text": """queue: a client has left too much unacknowledged. slow: it does not read.
     Look: twin, dropped and refused; is a stall or a half-open link ordered?
     Do: send less to each device, or find what keeps it from reading.""",
     "fires": {'fleet_twin_messages_dropped_total{instance="a", reason="queue"}': "0+15x80"},
     "quiet": {'fleet_twin_messages_dropped_total{instance="a", reason="away"}': "0+15x80",
               'fleet_twin_messages_dropped_total{instance="a", reason="queue"}': "0x80"}},
    {"alert": "FleetTwinTurnsAway", "severity": "warning", "for": "30s",
     "value": "sum by (instance, result) "
              '(rate(fleet_twin_accepts_total{result!="taken"}[1m]))',
     "op": ">", "bound": "0",
     "summary": "the twin of {{ $labels.instance }} turns connections away "
                "({{ $labels.result }})",
     "text": """over_limit: it holds all that it may. withheld: its store fails.
     Look: twin, held; FleetTwinStoreFails.
     Do: fewer devices for one twin, or mend the store.""",
     "fires": {'fleet_twin_accepts_total{instance="a", result="over_limit"}': "0+15x80"},
     "quiet": {'fleet_twin_accepts_total{instance="a", result="taken"}': "0+15x80",
               'fleet_twin_accepts_total{instance="a", result="over_limit"}': "0x80"}},
    {"alert": "FleetMemoryGrows", "severity": "warning", "for": "5m",
     "value": 'predict_linear(process_resident_memory_bytes{job="fleet"}[10m], 4 * 3600) '
              '/ process_resident_memory_bytes{job="fleet"}',
     "op": ">", "bound": "2",
     "guard": 'and time() - process_start_time_seconds{job="fleet"} > 1800',
     "summary": "{{ $labels.instance }} will have doubled its memory in four hours",
     "text": """Resident memory rises in a straight line half an hour after the start.
     Look: soak and resources; do sessions of the twin rise too? Then clients come and never leave.
     Do: keep the run going and note the slope: --soak judges it at the end.""",
     "fires": {'process_resident_memory_bytes{job="fleet", instance="a"}': "1e8+1e6x80",
               'process_start_time_seconds{job="fleet", instance="a"}': "-3600x80"},
     "quiet": {'process_resident_memory_bytes{job="fleet", instance="a"}': "1e8x80",
               'process_start_time_seconds{job="fleet", instance="a"}': "-3600x80"}},
    {"alert": "FleetDescriptorsShort", "severity": "warning", "for": "30s",
     "value": 'process_open_fds{job="fleet"} / process_max_fds{job="fleet"}',
     "op": ">", "bound": "0.9",
     "summary": "{{ $labels.instance }} has over 90 % of its descriptors open",
     "text": """Each connection takes one; at the limit attempts end as exhausted.
     Look: soak and resources, descriptors.
     Do: ulimit -n before the start, or LimitNOFILE= of the unit.""",
     "fires": {'process_open_fds{job="fleet", instance="a"}': "950x80",
               'process_max_fds{job="fleet", instance="a"}': "1000x80"},
     "quiet": {'process_open_fds{job="fleet", instance="a"}': "500x80",
               'process_max_fds{job="fleet", instance="a"}': "1000x80"}},
]


def expression(alert):
    guard = f" {alert['guard']}" if "guard" in alert else ""
    return f"{alert['value']} {alert['op']} {alert['bound']}{guard}"


def text_of(alert):
    return [line.strip() for line in alert["text"].splitlines()]
