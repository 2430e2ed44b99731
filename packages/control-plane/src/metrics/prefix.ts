/** What names of figures begin with; the standard ones of Prometheus and Scalr's own have none of it. */
export const prefix = 'scalr_control_plane_'
