# The six dashboards: which question each panel answers, of which metrics. How a panel looks is
# panels.py's.
from panels import (bars, chosen, dashboard, figure, heat, limits, lines, meter, none_is_good,
                    quantiles, rate, select, states, table, total)

PRODUCT = 'product=~"$product"'
ONLINE = total("fleet_devices", where='phase="online"')
MISSING = f"clamp_min({total('fleet_devices_wanted')} - {ONLINE}, 0)"
BY_PROTOCOL = ("sum by (protocol) (sum by (product, instance) "
               "(rate({}{{" + select() + "}}[$__rate_interval])) * on (product, instance) "
               "group_left (protocol) fleet_product_info)")
FLEETS = "fleet_devices_requested"
TWINS = "fleet_twin_connections"


def overview():
    now = [
        figure("Online", "Devices with a session now. Short of what is wanted for more than a few "
               "seconds: see Outcomes below for why.", ONLINE, width=3),
        meter("Of those wanted", "Online, of the devices that the load has on. 100 % but for "
              "ramps and faults.", f"{ONLINE} / {total('fleet_devices_wanted')}",
              thresholds=limits(0.99, 0.9)),
        figure("Reports", "Uplink messages a second, each counted once.",
               rate("fleet_messages_published_total"), "si:msg/s", width=3),
        figure("Acknowledged within (p99)", "From the moment a report was due; a stalled target "
               "shows here at once.", quantiles("fleet_publish_ack_duration_seconds", ps=(0.99,)),
               "s", thresholds=limits(1, 5)),
        figure("Stage", "Where the run is: a stage of the scenario, or ramp and steady; at last "
               "draining and stopping.", [(f"max by (stage) (fleet_run_stage{{{select()}}})",
                                           "{{stage}}")], mode="name", graph="none", width=3),
        figure("Stage ends in", "Until the next part of the scenario's stages, or the end of the "
               "run; in the run's own time.",
               f"min(fleet_run_stage_left_seconds{{{select()}}})", "s", graph="none", width=3),
        meter("Done", "Of the time that the run was asked for.",
              f"max(fleet_run_elapsed_seconds{{{select()}}} "
              f"/ fleet_run_duration_seconds{{{select()}}})"),
    ]
    fleet = [
        lines("Devices by phase", "A healthy run is one band of online. A broad band of "
              "backing_off: the far side refuses or does not answer.",
              [(total("fleet_devices", "phase"), "{{phase}}")], stacked=True, width=12),
        lines("Wanted and online", "The gap is who should be there and is not.",
              [(total("fleet_devices_wanted"), "wanted"), (ONLINE, "online")], width=12),
        lines("Online by product", "One product that falls behind the others has a trouble of its "
              "own: credentials, protocol, firmware.",
              [(total("fleet_devices", "product", 'phase="online"'), "{{product}}"),
               (total("fleet_sub_devices_online"), "behind gateways")]),
        lines("Pace of reports", "How often devices report, of what their product says: stages and "
              "daily curves move it.",
              [(f"max by (product) (fleet_reports_ratio{{{select()}}})", "{{product}}")],
              "percentunit"),
        lines("Outcomes of connections", "Attempts and connections, by how they ended. All but "
              "accepted want an explanation.",
              [(rate("fleet_connects_total", "outcome"), "{{outcome}}")], "cps"),
        lines("Reconnects and lost connections", "Steps are faults or restarts of the target; a "
              "steady level is a target that throws devices off.",
              [(rate("fleet_reconnects_total"), "reconnects"),
               (rate("fleet_disconnects_unplanned_total"), "lost unplanned")], "cps"),
        lines("Workers", "Of a run of several processes: all working is a healthy one. Unheard ones "
              "go on for as long as their lease lasts; those of a lost one's devices that somebody "
              "took over work.", [(total("fleet_workers", "state"), "{{state}}")], stacked=True),
    ]
    talk = [
        lines("Uplink", "Acknowledged should lie on published (QoS 0 is never acknowledged); sent "
              "again means that acknowledgements do not come.",
              [(rate("fleet_messages_published_total"), "published"),
               (rate("fleet_messages_acknowledged_total"), "acknowledged"),
               (rate("fleet_messages_resent_total"), "sent again")], "si:msg/s"),
        lines("Downlink", "What reached devices, and the commands among it that were carried out.",
              [(rate("fleet_messages_received_total"), "received"),
               (rate("fleet_commands_total"), "commands applied"),
               (rate("fleet_commands_refused_total"), "commands refused")], "si:msg/s"),
        lines("Not sent", "Reports that were due and did not go out, and those that went late. "
              "Late ones mean that this machine is the limit, not the target.",
              [(rate("fleet_messages_skipped_total", "reason"), "{{reason}}"),
               (rate("fleet_sends_late_total"), "late")], "si:msg/s"),
        lines("Acknowledgement", "From the moment a report was due. p99 far above p50 with steps "
              "of whole seconds: messages were sent again.",
              quantiles("fleet_publish_ack_duration_seconds"), "s"),
        lines("The ledger's uplink", "What devices sent, what was acknowledged to them and what "
              "arrived. Acknowledged and not arrived is lost.",
              [(rate("fleet_ledger_attempted_total", where='direction="uplink"'), "attempted"),
               (rate("fleet_ledger_acknowledged_total", where='direction="uplink"'),
                "acknowledged"),
               (rate("fleet_ledger_accepted_total", where='direction="uplink"'), "arrived")],
              "si:msg/s"),
        lines("Network", "Octets on the wire, TLS included.",
              [(rate("fleet_sent_bytes_total"), "sent"),
               (rate("fleet_received_bytes_total"), "received")], "Bps"),
    ]
    return dashboard("fleet-overview", "fleet: overview",
                     "Is the fleet there, does it talk, and is it answered?",
                     [("Now", now), ("Devices", fleet), ("Messages", talk)], FLEETS)


def protocols():
    who = [
        table("Products", "How the devices of each product speak to their cloud.",
              [f"fleet_product_info{{{select(PRODUCT)}}}"],
              {"product": "Product", "profile": "Profile", "protocol": "Protocol",
               "security": "Security"}, width=8),
        lines("Reports by protocol", "Its share is set by the scenario; a protocol that sinks "
              "while the others hold has a trouble of its own.",
              [(BY_PROTOCOL.format("fleet_messages_published_total"), "{{protocol}}")], "si:msg/s"),
        lines("Acknowledged by protocol", "Posts by HTTP and confirmable CoAP count as "
              "acknowledged when they were answered.",
              [(BY_PROTOCOL.format("fleet_messages_acknowledged_total"), "{{protocol}}")],
              "si:msg/s"),
    ]
    wait = [
        lines("Getting online", "TCP, TLS and log-on together; a token for devices that post. "
              "Grows first when a target is short of CPU.",
              quantiles("fleet_connect_duration_seconds", "protocol", ps=(0.5, 0.99)), "s"),
        lines("Report to acknowledgement", "From the moment it was due: what waits in the "
              "generator counts too.",
              quantiles("fleet_publish_ack_duration_seconds", "protocol", ps=(0.5, 0.99)), "s"),
        lines("Report to reply", "To the answer of the cloud's own business logic, not of its "
              "door.",
              quantiles("fleet_publish_reply_duration_seconds", "protocol", ps=(0.5, 0.99)), "s"),
        heat("All acknowledgements", "Two bands instead of one: some go another way, by a retry or "
             "a slower door.", "fleet_publish_ack_duration_seconds", width=12),
        heat("All ways online", "A second band far above is the back-off or a full accept queue.",
             "fleet_connect_duration_seconds", width=12),
    ]
    down = [
        lines("Command to acknowledgement", "From the moment a command of the twin was due to the "
              "device's PUBACK. Empty behind another target: it alone knows when it sent.",
              quantiles("fleet_downlink_duration_seconds", "protocol", ps=(0.5, 0.99)), "s"),
        lines("Calls of the cloud", "RRPC, services, properties: from the cloud's call to the "
              "device's answer, down and up again.",
              quantiles("fleet_cloud_call_duration_seconds", "kind", ps=(0.5, 0.99)), "s"),
        lines("What came of them", "Offline is a device that was away; timed_out one that did not "
              "answer.",
              [(rate("fleet_cloud_traffic_total", "kind, result", PRODUCT),
                "{{kind}} {{result}}")], "ops"),
        lines("Without an end yet", "Level: fine. Growing: devices answer slower than they are "
              "asked.", [(total("fleet_cloud_traffic_pending", "kind", PRODUCT), "{{kind}}")]),
        lines("Received by QoS", "Downlink messages that reached devices.",
              [(rate("fleet_messages_received_total", "qos", PRODUCT), "QoS {{qos}}")], "si:msg/s"),
        lines("Answered by devices", "RRPC, services and what devices refused.",
              [(rate("fleet_rrpc_answered_total", where=PRODUCT), "RRPC"),
               (rate("fleet_services_answered_total", where=PRODUCT), "services"),
               (rate("fleet_commands_refused_total", where=PRODUCT), "refused")], "ops"),
        lines("What does not get through", "Downlink messages beyond a board's receive buffer, "
              "lost on the real device too; topic filters that the far side does not grant.",
              [(rate("fleet_messages_oversized_total", "product", PRODUCT), "{{product}}"),
               (rate("fleet_subscribes_refused_total"), "topic filters refused")],
              "si:msg/s"),
    ]
    more = [
        lines("Replies", "Errors are the platform's own verdict on reports: a model that does not "
              "fit, values out of range.",
              [(rate("fleet_replies_total", "result"), "{{result}}")], "si:msg/s"),
        lines("Shadows", "Updates that the platform took, desired parts that devices carried out, "
              "and devices that have not yet.",
              [(rate("fleet_shadow_updates_total", where=PRODUCT), "updates a second"),
               (rate("fleet_shadows_converged_total", where=PRODUCT), "converged a second"),
               (total("fleet_shadows_waiting"), "devices waiting")]),
        lines("The rest of the dialect", "Events, time, configurations, tags, topics, gateways; "
              "only what happens shows.",
              [(rate("fleet_dialect_total", "what", PRODUCT) + " > 0", "{{what}}"),
               (rate("fleet_events_posted_total", where=PRODUCT), "events posted")], "ops"),
        lines("Waiting for acknowledgement", "Rises with latency times rate; a climb without end "
              "is a target that has stopped answering.",
              [(total("fleet_messages_in_flight", "product", PRODUCT), "{{product}}")]),
        lines("Not sent, by product", "Reports that were due and did not go out.",
              [(rate("fleet_messages_skipped_total", "product, reason", PRODUCT),
                "{{product}} {{reason}}")], "si:msg/s"),
        lines("Datagrams", "CoAP's; drops are this machine's, not the network's.",
              [(rate("fleet_home_datagrams_total", "direction"), "{{direction}}"),
               (rate("fleet_home_datagrams_dropped_total"), "dropped here")], "pps"),
        lines("Radios", "Of devices over CoAP, how many have theirs on, and how many asleep "
              "between reports (radio_sleep).",
              [(rate("fleet_radio_seconds_total", "state", PRODUCT), "{{state}}")]),
    ]
    return dashboard("fleet-protocols", "fleet: protocols and latency",
                     "How long does each way take, up and down, by protocol and product?",
                     [("Products", who), ("Latency", wait), ("From the cloud", down),
                      ("Dialect and queues", more)], FLEETS,
                     [chosen("product", "Product", "label_values(fleet_product_info, product)")])


def updates():
    ended = "increase(fleet_updates_total{{" + select("{}") + "}}[$__range])"
    now = [
        meter("Succeeded", "Of the updates that have ended in the time shown.",
              "sum(" + ended.format('result="succeeded"') + ") / sum(" + ended.format("") + ")",
              thresholds=limits(0.98, 0.9)),
        figure("On their way", "Devices between an offer and its end.",
               total("fleet_updating_devices", where='state!~"idle|over"')),
        figure("Dead", "Boards without an image that starts. One is one too many: the boot loader "
               "must fall back.", total("fleet_dead_devices"), thresholds=none_is_good()),
        figure("Offer to new version (p90)", "Download, verification, reboot and the report "
               "of the new version.", quantiles("fleet_update_duration_seconds", ps=(0.9,)), "s"),
        figure("Image octets", "What devices receive of images now.",
               rate("fleet_update_received_bytes_total"), "Bps"),
        figure("Rollouts going on", "0 while none has begun, or all are halted or over.",
               total("fleet_rollout_running")),
    ]
    way = [
        lines("Devices of rollouts", "As the twin's console sees them: from waiting over under way "
              "to done. Waves show as steps.",
              [(total("fleet_rollout_devices", "rollout, state"), "{{rollout}} {{state}}")],
              stacked=True, width=12),
        lines("Devices by state of their update", "As the devices see it. Many in downloading with "
              "few octets: the image server is the limit.",
              [(total("fleet_updating_devices", "state", 'state!="idle"'), "{{state}}")],
              stacked=True, width=12),
        lines("Updates that ended", "All but succeeded is a failure of its own kind: fell_back "
              "is an image that does not start.",
              [(rate("fleet_updates_total", "result"), "{{result}}")], "ops"),
        lines("Steps", "The same number goes down the line from offered to rebooted; where it "
              "shrinks, updates get stuck.",
              [(rate("fleet_update_steps_total", "step"), "{{step}}")], "ops"),
        states("Which rollout goes on", "Red gaps in the middle are halts.",
               [(f"max by (rollout) (fleet_rollout_running{{{select()}}})", "{{rollout}}")],
               thresholds=[{"color": "red", "value": None}, {"color": "green", "value": 1}]),
    ]
    time = [
        lines("Download", "From an offer to an image that is verified.",
              quantiles("fleet_update_download_duration_seconds"), "s"),
        lines("Whole update", "From an offer to the report of the new version.",
              quantiles("fleet_update_duration_seconds"), "s"),
        lines("Octets by product", "More than devices × size: downloads began anew.",
              [(rate("fleet_update_received_bytes_total", "product"), "{{product}}")], "Bps"),
        lines("The twin's offers", "Unsent are devices that were away when it was their turn.",
              [(rate("fleet_twin_firmware_offers_total", "result"), "{{result}}")], "ops"),
        lines("The twin's image server", "Refused: expired or foreign links, or a fault ordered.",
              [(rate("fleet_twin_firmware_downloads_total", "result"), "{{result}}")], "reqps"),
        lines("What it sends", "Octets of images; flat at a round number: its pace is limited.",
              [(rate("fleet_twin_firmware_bytes_total"), "sent")], "Bps"),
    ]
    return dashboard("fleet-ota", "fleet: OTA rollout",
                     "Does the new firmware reach the fleet, how fast, and what fails?",
                     [("Now", now), ("The way of an update", way), ("Time and octets", time)],
                     FLEETS)


def faults():
    now = [
        states("In force", "What is broken on purpose, and when. Compare everything below with "
               "these bands.", [(f"max by (fault) (fleet_fault_active{{{select()}}})",
                                 "{{fault}}")],
               thresholds=[{"color": "transparent", "value": None},
                           {"color": "red", "value": 1}], width=24, height=7),
        lines("Missing", "Devices that should be online and are not. After a fault this falls to "
              "0; how fast is what the run is about.", [(MISSING, "missing")], width=12),
        bars("Recovered within", "From the end of a fault to the fleet being whole again. One that "
             "is not here has not recovered (yet).",
             [(f"max by (fault) (fleet_fault_recovery_seconds{{{select()}}})", "{{fault}}")], "s",
             thresholds=limits(30, 120), width=12),
    ]
    back = [
        lines("Lost and back", "A peak of reconnects far above the fleet's ramp is a thundering "
              "herd: back-off is too short or has no jitter.",
              [(rate("fleet_disconnects_unplanned_total"), "lost unplanned"),
               (rate("fleet_reconnects_total"), "reconnects"),
               (rate("fleet_connect_attempts_total"), "attempts")], "cps"),
        lines("Why attempts and connections end", "The fault's own signature: refused, reset, "
              "timed_out, tls_failed.",
              [(rate("fleet_connects_total", "outcome", 'outcome!="accepted"'), "{{outcome}}")],
              "cps"),
        lines("Back-off", "Waits before the next attempt: p99 must grow while the target is away.",
              quantiles("fleet_backoff_wait_seconds"), "s"),
        lines("Sent again", "The price of QoS 1 for what was cut off.",
              [(rate("fleet_messages_resent_total", "product"), "{{product}}")], "si:msg/s"),
        lines("Acknowledgement", "Messages that waited through the fault show in p99 afterwards.",
              quantiles("fleet_publish_ack_duration_seconds", ps=(0.5, 0.99)), "s"),
        lines("Waiting for acknowledgement", "Fills during a fault and must empty after it.",
              [(total("fleet_messages_in_flight"), "in flight")]),
    ]
    boards = [
        lines("Devices hit", "Of those that a fault selects.",
              [(f"max by (fault) (fleet_fault_devices{{{select()}}})", "{{fault}} hit"),
               (f"max by (fault) (fleet_fault_selected_devices{{{select()}}})",
                "{{fault}} selected")]),
        lines("Strikes", "Each device each time.",
              [(rate("fleet_fault_strikes_total", "fault"), "{{fault}}")], "ops"),
        lines("Power", "Boards that a fault keeps off, and resets by faults.",
              [(total("fleet_powerless_devices"), "without power"),
               (rate("fleet_fault_reboots_total"), "reboots a second")]),
        lines("Crashes", "Restarts by supervisors, and devices given up: without actor_crash "
              "ordered both are a bug of fleet.",
              [(rate("fleet_device_restarts_total"), "restarts a second"),
               (total("fleet_devices_abandoned_total"), "given up")]),
        lines("The twin's part", "What it did wrong on purpose.",
              [(rate("fleet_twin_faults_total", "effect") + " > 0", "{{effect}}")], "ops"),
        lines("Corrupted", "Messages whose tag does not fit. Any but those of a corruption "
              "ordered is a finding.",
              [(rate("fleet_ledger_corrupted_total", "direction"), "{{direction}}")], "si:msg/s",
              thresholds=none_is_good(0.001)),
    ]
    return dashboard("fleet-faults", "fleet: faults and recovery",
                     "What was broken on purpose, whom it hit, and how the fleet came back.",
                     [("Faults", now), ("Coming back", back), ("Boards and twin", boards)],
                     FLEETS)


def twin():
    door = [
        lines("Held", "Streams, clients that are there (those that post too), and remembered ones. "
              "More streams than clients: connections that never log on.",
              [(total("fleet_twin_connections"), "connections"),
               (total("fleet_twin_devices_online"), "online"),
               (total("fleet_twin_sessions"), "sessions")]),
        lines("Log-ons", "CONNACK codes: 4 bad credentials, 3 over a rate, 5 not allowed.",
              [(rate("fleet_twin_connects_total", "code"), "code {{code}}")], "cps"),
        lines("Why connections end", "keep_alive: the device fell silent. taken_over: two with one "
              "identity. violated: broke the standard.",
              [(rate("fleet_twin_connection_ends_total", "reason"), "{{reason}}")], "cps"),
        lines("Turned away", "Beyond the limit of connections, or while the store fails; and "
              "clients that broke the standard.",
              [(rate("fleet_twin_accepts_total", "result", 'result!="taken"'), "{{result}}"),
               (rate("fleet_twin_violations_total"), "violations")], "cps"),
        lines("Topic filters", "Refused ones are outside the device's rights.",
              [(rate("fleet_twin_subscribes_total", "result"), "{{result}}")], "ops"),
        lines("MQTT octets", "Before encryption.",
              [(rate("fleet_twin_received_bytes_total"), "received"),
               (rate("fleet_twin_sent_bytes_total"), "sent")], "Bps"),
    ]
    messages = [
        lines("From devices", "Publishes, repeats included.",
              [(rate("fleet_twin_messages_received_total", "qos"), "QoS {{qos}}")], "si:msg/s"),
        lines("To devices", "Sent or queued, and acknowledged.",
              [(rate("fleet_twin_messages_sent_total", "qos"), "QoS {{qos}}"),
               (rate("fleet_twin_messages_acknowledged_total"), "acknowledged")], "si:msg/s"),
        lines("Dropped and refused", "queue: a client does not read. slow, away: QoS 0 only. "
              "rights, bounds: what a strict platform would not take either.",
              [(rate("fleet_twin_messages_dropped_total", "reason"), "{{reason}}"),
               (rate("fleet_twin_publishes_refused_total"), "rights"),
               (rate("fleet_twin_over_bound_total"), "bounds")], "si:msg/s"),
        lines("Answers", "To requests of devices; malformed ones are none it could read.",
              [(rate("fleet_twin_replies_total"), "answers"),
               (rate("fleet_twin_malformed_requests_total"), "malformed")], "si:msg/s"),
        lines("Commands", "The twin's own; answers of devices should follow at the same rate.",
              [(rate("fleet_twin_downlinks_total", "result"), "{{result}}"),
               (rate("fleet_twin_command_replies_total"), "answers"),
               (rate("fleet_twin_configs_total", "result"), "configurations {{result}}")],
              "si:msg/s"),
        lines("Tags of the ledger", "All should be booked. no_room: the twin's books are full, and "
              "the ledger is not whole.",
              [(rate("fleet_twin_ledger_tags_total", "result"), "{{result}}")], "si:msg/s"),
    ]
    posts = [
        lines("Devices that post", "Within the last ten minutes.",
              [(total("fleet_twin_posting_devices", "protocol"), "{{protocol}}")]),
        lines("Their log-ons", "Many given while all are there: tokens expire too soon.",
              [(rate("fleet_twin_post_logons_total", "protocol, result"),
                "{{protocol}} {{result}}")], "ops"),
        lines("Their posts", "token: came without a good one, and will log on anew.",
              [(rate("fleet_twin_posts_total", "protocol, result"), "{{protocol}} {{result}}"),
               (rate("fleet_twin_requests_unjudged_total", "protocol"), "{{protocol}} unjudged")],
              "si:msg/s"),
        lines("CoAP requests", "Repeats left out.",
              [(rate("fleet_twin_coap_requests_total"), "requests")], "reqps"),
        lines("DTLS", "Hellos come twice for each handshake, for the cookie.",
              [(rate("fleet_twin_dtls_hellos_total"), "hellos"),
               (rate("fleet_twin_dtls_handshakes_total", "result"), "{{result}}")], "ops"),
        lines("Peers displaced", "Any: more peers than the twin has room for.",
              [(rate("fleet_twin_peers_displaced_total", "way"), "{{way}}")], "ops"),
        lines("Store", "Batches written before what they hold is acknowledged. failed: nothing "
              "is acknowledged until it works again.",
              [(rate("fleet_twin_commits_total", "result"), "{{result}}")], "ops"),
    ]
    return dashboard("fleet-twin", "fleet: twin",
                     "What the local stand-in for the cloud is doing; also for fleet cloud serve.",
                     [("Doors", door), ("Messages", messages), ("Posts and store", posts)], TWINS)


def soak():
    lag = quantiles("fleet_home_loop_lag_seconds", "home", ps=(0.5, 0.99))
    cores = (f"rate(process_cpu_seconds_total{{{select()}}}[$__rate_interval])", "{{instance}}")
    process = [
        lines("Memory", "Flat after the ramp. A straight rising line over hours is a leak.",
              [(f"process_resident_memory_bytes{{{select()}}}", "{{instance}} resident"),
               (f"process_virtual_memory_bytes{{{select()}}}", "{{instance}} address space")],
              "bytes"),
        lines("Memory a device", "Growth since before the first device; 4 KiB is the budget of an "
              "idle plain one.",
              [(f"fleet_memory_per_device_bytes{{{select()}}}", "{{instance}}")], "bytes"),
        lines("Growth", "The slope of resident memory over the last five minutes.",
              [(f"deriv(process_resident_memory_bytes{{{select()}}}[5m])", "{{instance}}")], "Bps",
              ),
        lines("Processors", "Cores in use, the twin's home among them.", [cores]),
        lines("Descriptors", "Each MQTT connection has one. At the limit, connects fail with "
              "exhausted.",
              [(f"process_open_fds{{{select()}}}", "{{instance}} open"),
               (f"process_max_fds{{{select()}}}", "{{instance}} limit")]),
        lines("Running for", "A drop is a process that was started anew.",
              [(f"time() - process_start_time_seconds{{{select()}}}", "{{instance}}")], "s"),
    ]
    homes = [
        lines("Loop lag", "How long a job waits for its home. Above some 10 ms the generator "
              "measures itself: fewer devices, more homes, another machine.", lag, "s",
              thresholds=limits(0.01, 0.1)),
        lines("Timers late by", "On average; devices wake this much after they were due.",
              [(f"sum by (home) (rate(fleet_home_wake_lag_seconds_total{{{select()}}}"
                f"[$__rate_interval])) / (sum by (home) (rate(fleet_home_wakes_total{{{select()}}}"
                "[$__rate_interval])) > 0)", "{{home}}")], "s"),
        lines("Late sends", "Over 100 ms after they were due: figures of the target are worthless "
              "while there are any.", [(rate("fleet_sends_late_total"), "late")], "si:msg/s",
              thresholds=none_is_good(0.1)),
        lines("Queue", "Jobs that waited for a home's next turn.",
              [(total("fleet_home_queued", "home"), "{{home}}")]),
        lines("Timers armed", "About one for each device, and one for each connection.",
              [(total("fleet_home_timers", "home"), "{{home}}")]),
        lines("Turns and wakes", "Turns without wakes are network events.",
              [(rate("fleet_home_turns_total", "home"), "{{home}} turns"),
               (rate("fleet_home_wakes_total", "home"), "{{home}} wakes")], "ops"),
        lines("Streams", "Evenly over the homes of the devices.",
              [(total("fleet_home_streams", "home"), "{{home}}")]),
        lines("Held back", "Connects that wait for pending ones, and listeners that ran out of "
              "descriptors or memory.",
              [(total("fleet_home_connects_waiting", "home"), "{{home}} connects"),
               (rate("fleet_home_accepts_paused_total", "home"), "{{home}} accepts paused")]),
        lines("Datagrams dropped here", "This machine's buffers, not the network.",
              [(rate("fleet_home_datagrams_dropped_total", "home"), "{{home}}")], "pps"),
    ]
    drift = [
        lines("Online over hours", "A soak holds this line.", [(ONLINE, "online")]),
        lines("Acknowledgement over hours", "p99 that creeps up is a target that fills up.",
              quantiles("fleet_publish_ack_duration_seconds", ps=(0.5, 0.99)), "s"),
        lines("Sessions of the twin", "Rises only with devices.",
              [(total("fleet_twin_sessions"), "sessions")]),
        table("Runs", "What is running, and where.",
              [f"fleet_run_info{{{select()}}}", f"fleet_build_info{{{select()}}}"],
              {"instance": "Process", "scenario": "Scenario", "seed": "Seed", "target": "Target",
               "world": "World", "version": "Version"}, width=24, height=6),
    ]
    return dashboard("fleet-soak", "fleet: soak and resources",
                     "Can the generator keep up, and does anything grow that should not?",
                     [("Process", process), ("Homes", homes), ("Over hours", drift)], FLEETS)


def all_pages():
    """File name → dashboard."""
    return {"overview": overview(), "protocols": protocols(), "ota": updates(),
            "faults": faults(), "twin": twin(), "soak": soak()}
