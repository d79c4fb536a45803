/**
 * The first process of the outer namespaces: a switch, a network for each node with its address on it, and the run folder
 * as the only thing of the machine's own that stays in sight below /run. It ends with its standard input.
 */
export const insideSwitch = `
folder=$1 run=$2 count=$3
mount --bind "$run" "$folder/run" && mount -t tmpfs -o mode=755 tmpfs /run && mkdir "$run" && mount --move "$folder/run" "$run" || exit 1
ip link set lo up && ip link add br0 type bridge && ip link set br0 up || exit 1
for index in $(seq "$count"); do
  ip netns add "n$index" || exit 1
  ip link add "v$index" type veth peer name eth0 netns "n$index" && ip link set "v$index" master br0 up || exit 1
  nsenter --net="/run/netns/n$index" sh -c "ip link set lo up && ip address add 10.99.0.$index/24 dev eth0 && ip link set eth0 up" || exit 1
done
touch "$folder/switch/ready"
cat > /dev/null
`;

/** The first process of a node: what an engine keeps at fixed places on a machine is this node's own. */
export const insideNode = `
own=$1
shift
hostname "\${own##*/}" 2> /dev/null
[ -d /etc/docker ] && mount --bind "$own/etc" /etc/docker
[ -d /opt ] && mount -t tmpfs tmpfs /opt
"$@" &
wait $!
`;
