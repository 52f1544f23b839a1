package com.example.network;

import software.amazon.awscdk.App;

public final class NetworkApp {
    public static void main(final String[] args) {
        App app = new App();
        new NetworkStack(app, "Network");
        app.synth();
    }
}
