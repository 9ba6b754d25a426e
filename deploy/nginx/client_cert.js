// The certificate of a TLS client as RFC 9440 writes it; nothing when there is none.
function header(request) {
    const pem = request.variables.ssl_client_raw_cert;
    return pem ? ':' + pem.replace(/-----[A-Z ]+-----|\s/g, '') + ':' : '';
}

export default { header };
