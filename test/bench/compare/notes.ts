/** What has to be said beside a mix's table, by the mix's id: why somebody is ahead of Farwatch, or what the figures do not say. No figures in here. */
export const NOTES: Readonly<Record<string, string>> = {
  'clean-death':
    'BFD at 50 ms asks twenty times a second and gives up after three packets, whatever they are; Farwatch asks when traffic gets no answer for as long as answers usually take, and needs four probes that miss, which costs about two round trips more on this 40 ms path. The same haste is what the rows of BFD cost under bursty loss and in a brown-out.',
  'brown-out':
    'How long a path may be bad before it is left is a policy. By default Farwatch leaves a path only when it is dead; `[site.quality]` in the fleet file makes it leave a bad one. What it has left it does not take back before the loss is gone, with or without. pfSense leaves at 20 % of loss by default, and comes back whenever the last minute looks better.',
  'bursty-loss':
    'A burst in which everything is lost for longer than a detection time cannot be told from a death: whoever detects in tenths of a second must sometimes be wrong here, and whoever needs seconds never is. Farwatch learns from it – a silence that ended within a second of being taken for a death must be exceeded by half the next time –, and stays away longer after each.',
  flapping:
    'Each system is measured on the deaths that hit it: who returns after every one of them is hit by all, who stays away by the first.',
  uplink: 'Nothing can be gained by moving. A move costs every connection.',
  blind: 'A monitor that takes its own blindness for a death moves users away from a server that serves them well.',
};
