# guard what dynfarm makes
nft -f - <<'END'
add table inet dynfarm
add set inet dynfarm ours { type ifname; }
add set inet dynfarm tunnels { type ifname; }
add set inet dynfarm links { type ifname; }
add set inet dynfarm nodes4 { type ipv4_addr; }
add set inet dynfarm active4 { type ipv4_addr; }
add set inet dynfarm nodes4_aruba { type ipv4_addr; }
add set inet dynfarm nodes4_aruba_cache { type ipv4_addr; }
add set inet dynfarm nodes6 { type ipv6_addr; }
add set inet dynfarm active6 { type ipv6_addr; }
add set inet dynfarm nodes6_aruba { type ipv6_addr; }
add set inet dynfarm nodes6_aruba_cache { type ipv6_addr; }
add set inet dynfarm open_nodes4_aruba { type ipv4_addr; size 65536; flags dynamic; }
add set inet dynfarm open_nodes6_aruba { type ipv6_addr; size 65536; flags dynamic; }
add set inet dynfarm open_nodes4_aruba_cache { type ipv4_addr; size 65536; flags dynamic; }
add set inet dynfarm open_nodes6_aruba_cache { type ipv6_addr; size 65536; flags dynamic; }
add set inet dynfarm hellos4 { type ipv4_addr; size 65536; flags dynamic,timeout; timeout 60s; }
add set inet dynfarm hellos6 { type ipv6_addr; size 65536; flags dynamic,timeout; timeout 60s; }
add set inet dynfarm logged4 { type ipv4_addr; }
add set inet dynfarm rates4 { type ipv4_addr; size 65536; flags dynamic,timeout; timeout 60s; }
add set inet dynfarm tried4 { type ipv4_addr . inet_proto . inet_service . ipv4_addr . inet_service; size 8192; flags dynamic,timeout; timeout 30s; }
add set inet dynfarm passed4 { type ipv4_addr . inet_proto . inet_service . ipv4_addr . inet_service; size 16384; flags dynamic,timeout; timeout 30s; }
add set inet dynfarm logged6 { type ipv6_addr; }
add set inet dynfarm rates6 { type ipv6_addr; size 65536; flags dynamic,timeout; timeout 60s; }
add set inet dynfarm tried6 { type ipv6_addr . inet_proto . inet_service . ipv6_addr . inet_service; size 8192; flags dynamic,timeout; timeout 30s; }
add set inet dynfarm passed6 { type ipv6_addr . inet_proto . inet_service . ipv6_addr . inet_service; size 16384; flags dynamic,timeout; timeout 30s; }
add chain inet dynfarm prerouting { type filter hook prerouting priority -290; policy accept; }
add chain inet dynfarm brought
add chain inet dynfarm origins
add chain inet dynfarm input { type filter hook input priority 0; policy accept; }
add chain inet dynfarm forward { type filter hook forward priority 0; policy accept; }
add chain inet dynfarm judged
add chain inet dynfarm answered
add chain inet dynfarm output { type filter hook output priority 0; policy accept; }
add chain inet dynfarm postrouting { type nat hook postrouting priority 100; policy accept; }
add chain inet dynfarm flows
add chain inet dynfarm flows_tried { type filter hook prerouting priority 10; policy accept; }
add chain inet dynfarm flows_forwarded { type filter hook forward priority 10; policy accept; }
add chain inet dynfarm flows_taken { type filter hook input priority 10; policy accept; }
flush chain inet dynfarm prerouting
flush chain inet dynfarm brought
flush chain inet dynfarm origins
flush chain inet dynfarm input
flush chain inet dynfarm forward
flush chain inet dynfarm judged
flush chain inet dynfarm answered
flush chain inet dynfarm output
flush chain inet dynfarm postrouting
flush chain inet dynfarm flows
flush chain inet dynfarm flows_tried
flush chain inet dynfarm flows_forwarded
flush chain inet dynfarm flows_taken
add rule inet dynfarm prerouting ip saddr != @nodes4 iifname @tunnels counter drop
add rule inet dynfarm prerouting ip saddr @nodes4 iifname != @tunnels counter drop
add rule inet dynfarm prerouting ip6 saddr != @nodes6 iifname @tunnels counter drop
add rule inet dynfarm prerouting ip6 saddr @nodes6 iifname != @tunnels counter drop
add rule inet dynfarm prerouting iifname @links jump brought
add rule inet dynfarm prerouting meta l4proto 47 jump origins
add rule inet dynfarm prerouting udp dport 4789 jump origins
add rule inet dynfarm brought iifname "gre-ce" ip saddr != 192.0.2.22 counter drop
add rule inet dynfarm brought iifname "gr2-ce" ip saddr != 192.0.2.23 counter drop
add rule inet dynfarm brought iifname "vxl-lsf" ip saddr != 192.0.2.21 counter drop
add rule inet dynfarm brought iifname "gre-ce" meta nfproto ipv6 counter drop
add rule inet dynfarm brought iifname "gr2-ce" meta nfproto ipv6 counter drop
add rule inet dynfarm brought iifname "vxl-lsf" meta nfproto ipv6 counter drop
add rule inet dynfarm origins ip saddr 192.0.2.22 ip daddr 192.0.2.1 meta l4proto 47 fib saddr . iif oif missing counter drop
add rule inet dynfarm origins ip saddr 192.0.2.23 ip daddr 192.0.2.1 meta l4proto 47 fib saddr . iif oif missing counter drop
add rule inet dynfarm origins meta nfproto ipv6 udp dport 4789 @th,96,24 78 counter drop
add rule inet dynfarm origins udp dport 4789 @th,96,24 78 ip saddr != 192.0.2.21 counter drop
add rule inet dynfarm origins udp dport 4789 @th,96,24 78 ip daddr != 192.0.2.1 counter drop
add rule inet dynfarm origins udp dport 4789 @th,96,24 78 fib saddr . iif oif missing counter drop
add rule inet dynfarm input iifname != @ours return
add rule inet dynfarm input ip daddr 10.200.0.1 ct state established ct direction reply accept
add rule inet dynfarm input ip daddr 10.200.0.1 ct state related icmp type { destination-unreachable, parameter-problem, time-exceeded } accept
add rule inet dynfarm input ip daddr 10.200.0.1 icmp type echo-request iifname @tunnels accept
add rule inet dynfarm input ip daddr 10.200.0.1 icmp type echo-request iifname @links accept
add rule inet dynfarm input ip6 daddr fd00:200::1 ct state established ct direction reply accept
add rule inet dynfarm input ip6 daddr fd00:200::1 ct state related icmpv6 type { destination-unreachable, packet-too-big, parameter-problem, time-exceeded } accept
add rule inet dynfarm input ip6 daddr fd00:200::1 icmpv6 type echo-request iifname @tunnels accept
add rule inet dynfarm input ip6 daddr fd00:200::1 icmpv6 type echo-request iifname @links accept
add rule inet dynfarm input ip daddr 10.200.0.1 udp dport 7789 ip saddr @nodes4 iifname @tunnels add @hellos4 { ip saddr limit rate over 20/second burst 200 packets } counter drop
add rule inet dynfarm input ip daddr 10.200.0.1 udp dport 7789 ip saddr @nodes4 iifname @tunnels accept
add rule inet dynfarm input ip daddr 10.200.0.1 tcp dport 123 ip saddr @nodes4_aruba iifname @tunnels accept
add rule inet dynfarm input ip daddr 10.200.0.1 tcp dport 123 ip saddr @nodes4_aruba_cache iifname @tunnels accept
add rule inet dynfarm input ip6 daddr fd00:200::1 udp dport 7789 ip6 saddr @nodes6 iifname @tunnels add @hellos6 { ip6 saddr limit rate over 20/second burst 200 packets } counter drop
add rule inet dynfarm input ip6 daddr fd00:200::1 udp dport 7789 ip6 saddr @nodes6 iifname @tunnels accept
add rule inet dynfarm input ip6 daddr fd00:200::1 tcp dport 123 ip6 saddr @nodes6_aruba iifname @tunnels accept
add rule inet dynfarm input ip6 daddr fd00:200::1 tcp dport 123 ip6 saddr @nodes6_aruba_cache iifname @tunnels accept
add rule inet dynfarm input ip daddr 192.0.2.1 ip saddr @nodes4_aruba_cache iifname @tunnels ct state established ct direction reply accept
add rule inet dynfarm input ip daddr 192.0.2.1 ip saddr @nodes4_aruba_cache iifname @tunnels ct state related icmp type { destination-unreachable, parameter-problem, time-exceeded } accept
add rule inet dynfarm input ip daddr 192.0.2.1 ip saddr @nodes4_aruba_cache iifname @tunnels tcp dport 3128 accept
add rule inet dynfarm input iifname @ours counter drop
add rule inet dynfarm forward ip saddr != @active4 iifname @tunnels counter drop
add rule inet dynfarm forward ip daddr != @active4 oifname @tunnels counter drop
add rule inet dynfarm forward ip6 saddr != @active6 iifname @tunnels counter drop
add rule inet dynfarm forward ip6 daddr != @active6 oifname @tunnels counter drop
add rule inet dynfarm forward iifname @ours goto judged
add rule inet dynfarm forward oifname @ours goto judged
add rule inet dynfarm forward meta nfproto ipv4 iifname "eth0" counter drop
add rule inet dynfarm forward meta nfproto ipv6 counter drop
add rule inet dynfarm judged tcp flags & (syn | rst) == syn tcp option maxseg size set rt mtu
add rule inet dynfarm judged ct state established ct mark 3551268017 accept
add rule inet dynfarm judged ct state related icmp type { destination-unreachable, parameter-problem, time-exceeded } accept
add rule inet dynfarm judged ct state related icmpv6 type { destination-unreachable, packet-too-big, parameter-problem, time-exceeded } accept
add rule inet dynfarm judged iifname @tunnels ip saddr @nodes4_aruba ct state new add @open_nodes4_aruba { ip saddr ct count over 100 } counter drop
add rule inet dynfarm judged iifname @tunnels ip6 saddr @nodes6_aruba ct state new add @open_nodes6_aruba { ip6 saddr ct count over 100 } counter drop
add rule inet dynfarm judged iifname @tunnels ip saddr @nodes4_aruba_cache ct state new add @open_nodes4_aruba_cache { ip saddr ct count over 100 } counter drop
add rule inet dynfarm judged iifname @tunnels ip6 saddr @nodes6_aruba_cache ct state new add @open_nodes6_aruba_cache { ip6 saddr ct count over 100 } counter drop
add rule inet dynfarm judged ct direction reply jump answered
add rule inet dynfarm judged iifname @tunnels ip saddr @nodes4_aruba oifname "gre-ce" ip daddr 192.0.2.22 tcp dport { 8443, 9618 } ct mark set 3551268017 accept
add rule inet dynfarm judged iifname @tunnels ip saddr @nodes4_aruba oifname "gre-ce" ip daddr 192.0.2.22 icmp type echo-request ct mark set 3551268017 accept
add rule inet dynfarm judged iifname "gre-ce" ip saddr 192.0.2.22 oifname @tunnels ip daddr @nodes4_aruba tcp dport 1024-65535 ct mark set 3551268017 accept
add rule inet dynfarm judged iifname @tunnels ip saddr @nodes4_aruba oifname "gr2-ce" ip daddr 192.0.2.23 tcp dport { 8443, 9618 } ct mark set 3551268017 accept
add rule inet dynfarm judged iifname @tunnels ip saddr @nodes4_aruba oifname "gr2-ce" ip daddr 192.0.2.23 icmp type echo-request ct mark set 3551268017 accept
add rule inet dynfarm judged iifname "gr2-ce" ip saddr 192.0.2.23 oifname @tunnels ip daddr @nodes4_aruba tcp dport 1024-65535 ct mark set 3551268017 accept
add rule inet dynfarm judged iifname @tunnels ip saddr @nodes4_aruba oifname "vxl-lsf" ip daddr 192.0.2.21 udp dport 6878-6882 ct mark set 3551268017 accept
add rule inet dynfarm judged iifname "vxl-lsf" ip saddr 192.0.2.21 oifname @tunnels ip daddr @nodes4_aruba ct mark set 3551268017 accept
add rule inet dynfarm judged iifname @tunnels ip saddr @nodes4_aruba_cache oifname "eth0" ip daddr 192.0.2.30 tcp dport 2049 ct mark set 3551268017 accept
add rule inet dynfarm judged iifname @tunnels ip saddr @nodes4_aruba oifname @tunnels ip daddr @nodes4_aruba ct mark set 3551268017 accept
add rule inet dynfarm judged iifname @tunnels ip saddr @nodes4_aruba oifname @tunnels ip daddr @nodes4_aruba_cache ct mark set 3551268017 accept
add rule inet dynfarm judged iifname @tunnels ip6 saddr @nodes6_aruba oifname @tunnels ip6 daddr @nodes6_aruba ct mark set 3551268017 accept
add rule inet dynfarm judged iifname @tunnels ip6 saddr @nodes6_aruba oifname @tunnels ip6 daddr @nodes6_aruba_cache ct mark set 3551268017 accept
add rule inet dynfarm judged iifname @tunnels ip saddr @nodes4_aruba_cache oifname @tunnels ip daddr @nodes4_aruba ct mark set 3551268017 accept
add rule inet dynfarm judged iifname @tunnels ip saddr @nodes4_aruba_cache oifname @tunnels ip daddr @nodes4_aruba_cache ct mark set 3551268017 accept
add rule inet dynfarm judged iifname @tunnels ip6 saddr @nodes6_aruba_cache oifname @tunnels ip6 daddr @nodes6_aruba ct mark set 3551268017 accept
add rule inet dynfarm judged iifname @tunnels ip6 saddr @nodes6_aruba_cache oifname @tunnels ip6 daddr @nodes6_aruba_cache ct mark set 3551268017 accept
add rule inet dynfarm judged counter drop
add rule inet dynfarm answered ip daddr @nodes4_aruba ip saddr 192.0.2.22 tcp sport { 8443, 9618 } ct mark set 3551268017 accept
add rule inet dynfarm answered ip daddr @nodes4_aruba ip saddr 192.0.2.22 icmp type echo-reply ct mark set 3551268017 accept
add rule inet dynfarm answered ip daddr 192.0.2.22 ip saddr @nodes4_aruba tcp sport 1024-65535 ct mark set 3551268017 accept
add rule inet dynfarm answered ip daddr @nodes4_aruba ip saddr 192.0.2.23 tcp sport { 8443, 9618 } ct mark set 3551268017 accept
add rule inet dynfarm answered ip daddr @nodes4_aruba ip saddr 192.0.2.23 icmp type echo-reply ct mark set 3551268017 accept
add rule inet dynfarm answered ip daddr 192.0.2.23 ip saddr @nodes4_aruba tcp sport 1024-65535 ct mark set 3551268017 accept
add rule inet dynfarm answered ip daddr @nodes4_aruba ip saddr 192.0.2.21 udp sport 6878-6882 ct mark set 3551268017 accept
add rule inet dynfarm answered ip daddr 192.0.2.21 ip saddr @nodes4_aruba ct mark set 3551268017 accept
add rule inet dynfarm answered ip daddr @nodes4_aruba_cache ip saddr 192.0.2.30 tcp sport 2049 ct mark set 3551268017 accept
add rule inet dynfarm answered ip daddr @nodes4_aruba ip saddr @nodes4_aruba ct mark set 3551268017 accept
add rule inet dynfarm answered ip daddr @nodes4_aruba ip saddr @nodes4_aruba_cache ct mark set 3551268017 accept
add rule inet dynfarm answered ip6 daddr @nodes6_aruba ip6 saddr @nodes6_aruba ct mark set 3551268017 accept
add rule inet dynfarm answered ip6 daddr @nodes6_aruba ip6 saddr @nodes6_aruba_cache ct mark set 3551268017 accept
add rule inet dynfarm answered ip daddr @nodes4_aruba_cache ip saddr @nodes4_aruba ct mark set 3551268017 accept
add rule inet dynfarm answered ip daddr @nodes4_aruba_cache ip saddr @nodes4_aruba_cache ct mark set 3551268017 accept
add rule inet dynfarm answered ip6 daddr @nodes6_aruba_cache ip6 saddr @nodes6_aruba ct mark set 3551268017 accept
add rule inet dynfarm answered ip6 daddr @nodes6_aruba_cache ip6 saddr @nodes6_aruba_cache ct mark set 3551268017 accept
add rule inet dynfarm output oifname != @tunnels return
add rule inet dynfarm output ip daddr != @active4 tcp dport 22 accept
add rule inet dynfarm output ip daddr != @active4 udp sport 7789 accept
add rule inet dynfarm output ip daddr != @active4 icmp type echo-reply accept
add rule inet dynfarm output ip daddr != @active4 oifname @tunnels counter drop
add rule inet dynfarm output ip6 daddr != @active6 tcp dport 22 accept
add rule inet dynfarm output ip6 daddr != @active6 udp sport 7789 accept
add rule inet dynfarm output ip6 daddr != @active6 icmpv6 type echo-reply accept
add rule inet dynfarm output ip6 daddr != @active6 oifname @tunnels counter drop
add rule inet dynfarm postrouting ip saddr @nodes4 ip daddr 192.0.2.30 masquerade
add rule inet dynfarm flows add @rates4 { ip saddr limit rate over 50/second burst 500 packets } counter return
add rule inet dynfarm flows add @tried4 { ip saddr . meta l4proto . th sport . ip daddr . th dport } return
add rule inet dynfarm flows add @rates6 { ip6 saddr limit rate over 50/second burst 500 packets } counter return
add rule inet dynfarm flows add @tried6 { ip6 saddr . meta l4proto . th sport . ip6 daddr . th dport } return
add rule inet dynfarm flows counter
add rule inet dynfarm flows_tried ct state new ip saddr @logged4 iifname @tunnels jump flows
add rule inet dynfarm flows_tried ct state new ip daddr @logged4 iifname != @tunnels jump flows
add rule inet dynfarm flows_tried ct state new ip6 saddr @logged6 iifname @tunnels jump flows
add rule inet dynfarm flows_tried ct state new ip6 daddr @logged6 iifname != @tunnels jump flows
add rule inet dynfarm flows_forwarded ct state new ip saddr . meta l4proto . th sport . ip daddr . th dport @tried4 add @passed4 { ip saddr . meta l4proto . th sport . ip daddr . th dport }
add rule inet dynfarm flows_forwarded ct state new ip6 saddr . meta l4proto . th sport . ip6 daddr . th dport @tried6 add @passed6 { ip6 saddr . meta l4proto . th sport . ip6 daddr . th dport }
add rule inet dynfarm flows_taken ct state new ip saddr . meta l4proto . th sport . ip daddr . th dport @tried4 add @passed4 { ip saddr . meta l4proto . th sport . ip daddr . th dport }
add rule inet dynfarm flows_taken ct state new ip6 saddr . meta l4proto . th sport . ip6 daddr . th dport @tried6 add @passed6 { ip6 saddr . meta l4proto . th sport . ip6 daddr . th dport }
add element inet dynfarm ours { "dfw-wg", "dfo-tcp", "gre-ce", "gr2-ce", "vxl-lsf" }
add element inet dynfarm tunnels { "dfw-wg", "dfo-tcp" }
add element inet dynfarm links { "gre-ce", "gr2-ce", "vxl-lsf" }
add element inet dynfarm nodes4 { 10.200.1.1, 10.200.1.2, 10.200.1.3 }
add element inet dynfarm active4 { 10.200.1.1, 10.200.1.2 }
add element inet dynfarm nodes4_aruba { 10.200.1.1 }
add element inet dynfarm nodes4_aruba_cache { 10.200.1.2 }
add element inet dynfarm nodes6 { fd00:200:1::1 }
add element inet dynfarm active6 { fd00:200:1::1 }
add element inet dynfarm nodes6_aruba { fd00:200:1::1 }
add element inet dynfarm logged4 { 10.200.1.1, 10.200.1.2, 10.200.1.3 }
add element inet dynfarm logged6 { fd00:200:1::1 }
END

# close what has no other way
ip -4 route add unreachable 0.0.0.0/0 table 7700 proto 177 metric 4096
ip -4 route add unreachable 0.0.0.0/0 table 7701 proto 177 metric 4096
ip -4 route add unreachable 10.200.0.0/16 proto 177 metric 4096

# close what has no other way
ip -6 route add unreachable ::/0 table 7700 proto 177 metric 4096
ip -6 route add unreachable ::/0 table 7701 proto 177 metric 4096
ip -6 route add unreachable fd00:200::/48 proto 177 metric 4096

# link to a service or hub
ip link add name gre-ce group 177 mtu 1420 type gre local 192.0.2.1 remote 192.0.2.22 key 77 ttl 64
ip link set dev gre-ce up

# link to a service or hub
ip link add name gr2-ce group 177 mtu 1420 type gre local 192.0.2.1 remote 192.0.2.23 key 77 ttl 64
ip link set dev gr2-ce up

# link to a service or hub
ip link add name vxl-lsf group 177 mtu 1420 address 02:4e:94:65:18:2b type vxlan id 78 dstport 4789 local 192.0.2.1 remote 192.0.2.21 ttl 64 nolearning
ip link set dev vxl-lsf up

# mark a tunnel as part of the farm
ip link set dev dfw-wg group 177 up

# mark a tunnel as part of the farm
ip link set dev dfo-tcp group 177 up

# addresses of this host
ip addr add 10.200.0.1/32 dev lo metric 177
ip addr add fd00:200::1/128 dev lo metric 177 nodad noprefixroute
ip addr add 10.200.0.1/32 dev dfw-wg metric 177
ip addr add fd00:200::1/128 dev dfw-wg metric 177 nodad noprefixroute
ip addr add 10.200.0.1/32 dev dfo-tcp metric 177
ip addr add fd00:200::1/128 dev dfo-tcp metric 177 nodad noprefixroute
ip addr add 10.200.0.1/32 dev gre-ce metric 177
ip addr add fd00:200::1/128 dev gre-ce metric 177 nodad noprefixroute
ip addr add 10.200.0.1/32 dev gr2-ce metric 177
ip addr add fd00:200::1/128 dev gr2-ce metric 177 nodad noprefixroute
ip addr add 10.200.0.1/32 dev vxl-lsf metric 177
ip addr add fd00:200::1/128 dev vxl-lsf metric 177 nodad noprefixroute

# routes through devices
ip -4 route add 192.0.2.22/32 dev gre-ce table 7700 proto 177 metric 1
ip -4 route add 192.0.2.22/32 dev gre-ce table 7703 proto 177 metric 1
ip -4 route add 192.0.2.23/32 dev gr2-ce table 7700 proto 177 metric 1
ip -4 route add 192.0.2.23/32 dev gr2-ce table 7703 proto 177 metric 1
ip -4 route add 192.0.2.21/32 dev vxl-lsf table 7700 proto 177 metric 1
ip -4 route add 192.0.2.21/32 dev vxl-lsf table 7703 proto 177 metric 1
ip -4 route add 192.0.2.30/32 dev eth0 table 7700 proto 177 metric 1 via 192.0.2.254
ip -4 route add 10.200.1.1/32 dev dfw-wg proto 177 metric 1 mtu lock 1400
ip -4 route add 10.200.1.1/32 dev dfw-wg table 7701 proto 177 metric 1 mtu lock 1400
ip -4 route add 10.200.1.1/32 dev dfw-wg table 7700 proto 177 metric 1 mtu lock 1400
ip -4 route add 10.200.1.3/32 dev dfo-tcp proto 177 metric 1
ip -4 route add 10.200.1.3/32 dev dfo-tcp table 7701 proto 177 metric 1
ip -4 route add 10.200.1.3/32 dev dfo-tcp table 7700 proto 177 metric 1

# routes through devices
ip -6 route add fd00:200:1::1/128 dev dfw-wg proto 177 metric 1 mtu lock 1400
ip -6 route add fd00:200:1::1/128 dev dfw-wg table 7701 proto 177 metric 1 mtu lock 1400
ip -6 route add fd00:200:1::1/128 dev dfw-wg table 7700 proto 177 metric 1 mtu lock 1400

# choose the routing table by device
ip -4 rule add from 10.200.0.1 lookup 7703 priority 7700 protocol 177
ip -4 rule add iif dfw-wg lookup 7700 priority 7700 protocol 177
ip -4 rule add iif dfo-tcp lookup 7700 priority 7700 protocol 177
ip -4 rule add iif gre-ce lookup 7701 priority 7700 protocol 177
ip -4 rule add iif gr2-ce lookup 7701 priority 7700 protocol 177
ip -4 rule add iif vxl-lsf lookup 7701 priority 7700 protocol 177

# choose the routing table by device
ip -6 rule add from fd00:200::1 lookup 7703 priority 7700 protocol 177
ip -6 rule add iif dfw-wg lookup 7700 priority 7700 protocol 177
ip -6 rule add iif dfo-tcp lookup 7700 priority 7700 protocol 177
ip -6 rule add iif gre-ce lookup 7701 priority 7700 protocol 177
ip -6 rule add iif gr2-ce lookup 7701 priority 7700 protocol 177
ip -6 rule add iif vxl-lsf lookup 7701 priority 7700 protocol 177

# forwarding and source checks, device by device
sysctl -q -w net/ipv4/conf/dfw-wg/rp_filter=0 net/ipv4/conf/dfw-wg/forwarding=1 net/ipv4/conf/dfo-tcp/rp_filter=0 net/ipv4/conf/dfo-tcp/forwarding=1 net/ipv4/conf/gre-ce/rp_filter=2 net/ipv4/conf/gre-ce/forwarding=1 net/ipv4/conf/gr2-ce/rp_filter=2 net/ipv4/conf/gr2-ce/forwarding=1 net/ipv4/conf/vxl-lsf/rp_filter=2 net/ipv4/conf/vxl-lsf/forwarding=1 net/ipv6/conf/eth0/accept_ra=2 net/ipv4/conf/eth0/forwarding=1 net/ipv6/conf/all/forwarding=1
